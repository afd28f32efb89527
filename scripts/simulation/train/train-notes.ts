import type { Database } from "../../../node/data/database.ts";
import { createRoundStore } from "../../../node/data/round-store.ts";
import { measureLearningData, type FieldFigures } from "../../../node/learning/measure.ts";
import { decodeValue } from "../../../shared/base/encoding.ts";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import { UNREADABLE_KINDS, type Unreadable } from "../../../shared/learning/attribute-values.ts";
import type { LearningTask } from "../../../shared/learning/task.ts";
import type { Charter } from "../../../shared/protocol/charter.ts";

/**
 * What no party of a round tells another, and a researcher must know: what could not be read, who is in the model, and
 * why a round ended. Every node says it at home, by `charter check` and in its log.
 */
const KINDS: Readonly<Record<Unreadable, string>> = {
  "not-a-number": "are no plain numbers",
  "out-of-range": "lie outside least and most",
  "unlisted-code": "are no codes of the charter",
  "not-a-count": "are no counts",
};

/** By field, over all boroughs. */
export function readingNotes(databases: readonly Database[], dataset: string, task: LearningTask): string[] {
  const byField = new Map<string, FieldFigures[]>();
  for (const db of databases) {
    for (const field of measureLearningData(db, { dataset, task }).fields) {
      byField.set(field.name, [...(byField.get(field.name) ?? []), field]);
    }
  }
  return [...byField].flatMap(([name, fields]) => {
    const unreadable = UNREADABLE_KINDS.flatMap((kind) => {
      const texts = fields.reduce((sum, field) => sum + field.unreadable[kind], 0);
      return texts === 0 ? [] : [`${name}: ${texts} texts ${KINDS[kind]}, and count as missing`];
    });
    const codes = Math.max(...fields.map(({ type, otherCodes }) => (type === "flag" ? otherCodes : 0)));
    // One other code is its no.
    return codes < 2 ? unreadable : [...unreadable, `${name}: ${codes} different texts all count as no`];
  });
}

/** Names of the boroughs whose rows were summed; those of the charter where a round ended before. */
export function boroughsIn(databases: readonly Database[], round: Uint8Array, charter: Charter): ReadonlySet<string> {
  const inputs = databases
    .flatMap((db) => createRoundStore(db).attempts())
    .find((row) => bytesToHex(row.round) === bytesToHex(round) && row.inputs !== null)?.inputs;
  const all = charter.parties.map(({ id }) => id);
  if (inputs === undefined || inputs === null) return new Set(all);
  return new Set((decodeValue(inputs) as [number, Uint8Array][]).map(([position]) => all[position]!));
}

interface Line {
  readonly msg: string;
  readonly err?: { readonly message?: string };
}

/** What nodes' logs say of a round that went otherwise than it should, each once. */
export function logNotes(lines: readonly string[]): string[] {
  const told = ["takes part without rows", "the model is withheld", "attempt ended by a failed check"];
  const notes = lines.flatMap((line) => {
    const { msg, err } = JSON.parse(line) as Line;
    return told.includes(msg) && err?.message !== undefined ? [`a node's log: ${msg}: ${err.message}`] : [];
  });
  return [...new Set(notes)];
}
