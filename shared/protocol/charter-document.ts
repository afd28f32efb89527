import { parseDocument, isMap, visit } from "yaml";
import { ProtocolError } from "../base/errors.ts";
import { MAX_DOCUMENT_BYTES } from "../base/limits.ts";
import { textToBytes } from "../base/bytes.ts";
import { parseCharter, type Charter } from "./charter.ts";
import type { Roster } from "./roster.ts";
import { rootKeyText } from "./identity.ts";

/**
 * Charters and policies are YAML for people. Read strictly: no tags, no anchors or aliases, no key twice, so that what
 * a reviewer reads is what the digest covers.
 */
export function parseYaml(text: string, what: string): unknown {
  if (textToBytes(text).length > MAX_DOCUMENT_BYTES) {
    throw new ProtocolError("too-large", `${what}: larger than ${MAX_DOCUMENT_BYTES} bytes`);
  }
  const document = parseDocument(text, { uniqueKeys: true, merge: false, version: "1.2" });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    const reason = problem.code === "DUPLICATE_KEY" ? "a key stands twice" : "not valid YAML";
    throw new ProtocolError("bad-input", `${what}: line ${line ?? 1}: ${reason}`, { cause: problem });
  }
  visit(document, {
    Alias: () => {
      throw new ProtocolError("bad-input", `${what}: aliases are not allowed, write the value out`);
    },
    Node: (_, node) => {
      if (node.tag !== undefined && !node.tag.startsWith("tag:yaml.org,2002:")) {
        throw new ProtocolError("bad-input", `${what}: tags are not allowed`);
      }
    },
  });
  if (!isMap(document.contents)) throw new ProtocolError("bad-input", `${what}: expected keys and values`);
  return document.toJS({ maxAliasCount: 0 });
}

/** @throws ProtocolError "bad-input" naming line or field */
export function parseCharterText(text: string): Charter {
  return parseCharter(parseYaml(text, "charter"));
}

/**
 * An operator's draft, which may leave out `coordinator` and every `rootKey`: filled from the signed roster. A key that
 * is written out must be the roster's.
 * @throws ProtocolError "bad-input" naming a party that has not enrolled
 */
export function completeDraft(text: string, roster: Roster): Charter {
  const draft = parseYaml(text, "charter") as Record<string, unknown>;
  const enrolled = new Map(roster.parties.map(({ name, rootKey }) => [name, rootKeyText(rootKey)]));
  const parties = Array.isArray(draft["parties"]) ? (draft["parties"] as unknown[]) : [];
  const completed = parties.map((party, position) => {
    if (typeof party !== "object" || party === null) return party;
    const { id, rootKey } = party as { id?: unknown; rootKey?: unknown };
    const known = typeof id === "string" ? enrolled.get(id) : undefined;
    if (known === undefined) {
      throw new ProtocolError("bad-input", `charter: parties.${position}.id: ${String(id)} has not enrolled`, {
        hint: "portmoot coordinator nodes",
      });
    }
    if (rootKey !== undefined && rootKey !== known) {
      throw new ProtocolError("bad-input", `charter: parties.${position}.rootKey: is not the key that ${String(id)} enrolled with`);
    }
    return { ...party, rootKey: known };
  });
  const own = { name: roster.coordinator.name, rootKey: rootKeyText(roster.coordinator.rootKey) };
  return parseCharter({ ...draft, coordinator: draft["coordinator"] ?? own, parties: completed });
}
