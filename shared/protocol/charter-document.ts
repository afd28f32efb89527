import { isMap, parseDocument, visit } from "yaml";
import { textToBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_DOCUMENT_BYTES } from "../base/limits.ts";
import { parseCharter, type Charter } from "./charter.ts";
import { rootKeyText } from "./identity.ts";
import type { Roster } from "./roster.ts";

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
    // Also one that points nowhere, which the parser does not always report.
    Alias: () => {
      throw new ProtocolError("bad-input", `${what}: aliases (*name) are not allowed, write the value out`);
    },
    Value: (_, { tag, anchor }) => {
      if (tag !== undefined) throw new ProtocolError("bad-input", `${what}: tags (!name) are not allowed`);
      if (anchor !== undefined) {
        throw new ProtocolError("bad-input", `${what}: anchors (&name) are not allowed, write the value out`);
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
 * @throws ProtocolError "bad-input" naming a party that has not enrolled, a key that differs, or the field that is wrong
 */
export function completeDraft(text: string, roster: Roster): Charter {
  const draft = parseYaml(text, "charter") as Record<string, unknown>;
  const enrolled = new Map(roster.parties.map(({ name, rootKey }) => [name, rootKeyText(rootKey)]));
  const complete = (party: unknown, position: number): unknown => {
    if (!isRecord(party)) return party;
    const id = party["id"];
    const known = typeof id === "string" ? enrolled.get(id) : undefined;
    if (known === undefined) {
      throw new ProtocolError("bad-input", `charter: parties.${position}.id: no such party has enrolled`, {
        hint: "portmoot coordinator nodes",
      });
    }
    return withRootKey(party, known, `parties.${position}.rootKey`);
  };
  const own = rootKeyText(roster.coordinator.rootKey);
  const coordinator = draft["coordinator"] ?? { name: roster.coordinator.name };
  return parseCharter({
    ...draft,
    coordinator: isRecord(coordinator) ? withRootKey(coordinator, own, "coordinator.rootKey") : coordinator,
    parties: Array.isArray(draft["parties"]) ? draft["parties"].map(complete) : draft["parties"],
  });
}

function withRootKey(named: Record<string, unknown>, known: string, path: string): Record<string, unknown> {
  if (named["rootKey"] !== undefined && named["rootKey"] !== known) {
    throw new ProtocolError(
      "bad-input",
      `charter: ${path}: is not the key on the roster, leave it out to have it filled in`,
    );
  }
  return { ...named, rootKey: known };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
