import { CASCADES, expandCascade } from "../../shared/matching/library.ts";
import { FIELD_KINDS, isField } from "../../shared/matching/fields.ts";
import { compileCascade, type CascadeKey } from "../../shared/matching/match-key.ts";
import { standardiseField } from "../../shared/matching/standardise.ts";
import { generateLists, type WhatIsListed } from "../generator/generate-lists.ts";
import { MISSING_TEXTS } from "../generator/habits.ts";
import type { GeneratedBorough } from "../generator/london.ts";
import type { Report } from "./harness.ts";
import { formatTable } from "../text-table.ts";

/**
 * What each key of a default cascade finds, and takes for one wrongly, on generated lists made to tell: of every family
 * two thirds stand in each of two lists, half of the copies have errors. Every key is run alone, the keys that stand
 * aside for something better included, and then those that a charter with these fields gets, one after the other.
 */
const HARD = { boroughs: 2, overlap: 0.7, dirt: 0.5, coverage: 0.7 } as const;
const SAME_ADDRESS: Readonly<Record<WhatIsListed, number>> = { people: 0.6, properties: 1, businesses: 0.75 };
const NOT_COMPARED = ["reference", "no_match"];

interface Side {
  /** Of each key, value to row; -1 where two rows share it. */
  readonly rowOf: readonly ReadonlyMap<string, number>[];
  readonly entities: readonly number[];
}

interface Count {
  correct: number;
  false: number;
}

export function benchLinkageKeys(options: { what: WhatIsListed; rows: number; without: readonly string[] }): Report {
  const { what, rows, without } = options;
  const london = generateLists(what, { ...HARD, residents: rows, sameAddress: SAME_ADDRESS[what], seed: 11 });
  const { personOf, pairs } = london.truth;
  const declared = Object.keys(london.boroughs[0]!.rows[0]!).filter((name): boolean => isField(name));
  const fields = declared.filter((name) => !NOT_COMPARED.includes(name) && !without.includes(name));
  const all = CASCADES[what]!.filter(({ of }) => of.every(({ field }) => fields.includes(field) || field === "sex"));
  const keys = expandCascade(
    all.map(({ key }) => key),
    fields,
  ) as CascadeKey[];
  const chosen = new Set((expandCascade(what, fields) as CascadeKey[]).map(({ key }) => key));
  const [left, right] = london.boroughs.map((borough) => sideOf(borough, fields, keys, personOf));
  const taken = [new Set<number>(), new Set<number>()] as const;
  const results = keys.map(({ key }, place) => {
    const alone: Count = { correct: 0, false: 0 };
    const inTurn: Count | null = chosen.has(key) ? { correct: 0, false: 0 } : null;
    for (const [value, leftRow] of left!.rowOf[place]!) {
      const rightRow = right!.rowOf[place]!.get(value) ?? -1;
      if (leftRow < 0 || rightRow < 0) continue;
      const outcome = left!.entities[leftRow] === right!.entities[rightRow] ? "correct" : "false";
      alone[outcome]++;
      if (inTurn === null || taken[0].has(leftRow) || taken[1].has(rightRow)) continue;
      taken[0].add(leftRow);
      taken[1].add(rightRow);
      inTurn[outcome]++;
    }
    return { key, alone, inTurn };
  });
  const sum = (outcome: keyof Count) => results.reduce((all, { inTurn }) => all + (inTurn?.[outcome] ?? 0), 0);
  const [correct, wrong] = [sum("correct"), sum("false")];
  const [precision, recall] = [correct / (correct + wrong), correct / pairs];
  const text = [
    formatTable(
      [`${what}: ${fields.join(", ")}`, "alone: correct", "false", "in turn: correct", "false"],
      results.map(({ key, alone, inTurn }) => [
        key,
        String(alone.correct),
        String(alone.false),
        inTurn === null ? "–" : String(inTurn.correct),
        inTurn === null ? "–" : String(inTurn.false),
      ]),
    ),
    `${pairs} true pairs, ${correct} matched, ${wrong} false: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}`,
  ].join("\n");
  return {
    facts: { suite: "linkage-keys", what, fields, pairs, correct, false: wrong, precision, recall, results },
    text,
  };
}

function sideOf(
  { rows, habits }: GeneratedBorough,
  fields: readonly string[],
  keys: readonly CascadeKey[],
  personOf: ReadonlyMap<string, number>,
): Side {
  const digestsOf = compileCascade(keys);
  const rowOf = keys.map(() => new Map<string, number>());
  const options = { missing: MISSING_TEXTS, dateOrder: habits.order };
  for (const [index, row] of rows.entries()) {
    const values = new Map<string, string | null>();
    for (const field of fields.filter(isField)) {
      const outcome = standardiseField(FIELD_KINDS[field], row[field] ?? "", options);
      values.set(field, outcome !== "missing" && "value" in outcome ? outcome.value : null);
    }
    for (const [key, digest] of digestsOf((field) => values.get(field) ?? null).entries()) {
      if (digest === null) continue;
      const value = Buffer.from(digest).toString("latin1");
      rowOf[key]!.set(value, rowOf[key]!.has(value) ? -1 : index);
    }
  }
  return { rowOf, entities: rows.map(({ reference }) => personOf.get(reference)!) };
}
