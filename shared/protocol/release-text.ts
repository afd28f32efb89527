import { bytesToHex } from "../base/bytes.ts";
import { isMatch, type Charter } from "./charter.ts";
import { modelText, parseReleasedModel } from "./model-text.ts";
import { parseReleasedResult, resultNames, resultText } from "./result-text.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released result, of whatever the charter asked for: facts for `--json` and words for people. */
export function releaseFacts(charter: Charter, round: Uint8Array, signed: ProtectedResult) {
  const released = isMatch(charter) ? parseReleasedResult(signed) : parseReleasedModel(signed);
  return { round: bytesToHex(round), ...released };
}

export function releaseText(charter: Charter, signed: ProtectedResult): string {
  return isMatch(charter)
    ? resultText(parseReleasedResult(signed), resultNames(charter))
    : modelText(charter, parseReleasedModel(signed));
}
