import { existsSync } from "node:fs";
import { readDocument } from "../../shared/host/config.ts";
import { parsePolicyText, type Policy } from "../../shared/protocol/policy.ts";

/** The borough's policy as the file stands now; null without one. @throws ProtocolError "bad-input" naming line or field */
export function readPolicyFile(path: string): Policy | null {
  return existsSync(path) ? parsePolicyText(readDocument(path)) : null;
}
