import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { ProtocolError } from "../shared/base/errors.ts";
import { DISCOUNTS, generateLondon } from "./generator/generate-london.ts";
import { writeLondon } from "./generator/residents-file.ts";
import type { Truth } from "./demo-report.ts";
import type { BoroughFiles } from "./network/local-network.ts";
import type { PlainJoin } from "./plain-join.ts";

/** The rows of a demonstration: generated, or open files with a known answer. */
export interface DemoInput {
  readonly description: string;
  readonly boroughs: readonly BoroughFiles[];
  readonly rows: number;
  readonly label: { readonly attribute: string; readonly codes: readonly string[] };
  /** Scores the pairs that the keys find, by who the rows truly are. */
  truth(join: PlainJoin): Truth;
}

const OVERLAP = 0.12;
const DIRT = 0.25;

export function residentFiles(options: {
  folder: string;
  boroughs: number;
  residents: number;
  seed: number;
}): DemoInput {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const london = generateLondon({ ...options, overlap: OVERLAP, dirt: DIRT });
  return {
    description: `synthetic residents, seed ${options.seed}, ${OVERLAP * 100} % also in another borough, ${DIRT * 100} % of those entries with errors`,
    boroughs: writeLondon(options.folder, london),
    rows: london.boroughs.reduce((sum, { rows }) => sum + rows.length, 0),
    label: { attribute: "discount", codes: DISCOUNTS },
    truth: (join) => score(join, london.truth.pairs, (_, reference) => london.truth.personOf.get(reference)),
  };
}

const FIVE_PARTIES = ["camden", "newham", "hackney", "lambeth", "southwark"] as const;

/** Five organisations' dirty records of partly the same people; equal `id` is one person. */
export function fivePartyFiles(folder: string): DemoInput {
  const people = new Map<string, Map<string, string>>();
  let rows = 0;
  const boroughs = FIVE_PARTIES.map((name, index) => {
    const csv = join(folder, `dataset-${index + 1}.csv`);
    if (!existsSync(csv))
      throw new ProtocolError("bad-input", `--real: ${csv} does not exist`, {
        hint: "name a folder with dataset-1.csv to dataset-5.csv",
      });
    const records: { id: string }[] = parse(readFileSync(csv), { columns: true });
    rows += records.length;
    // The truth column is read here and mapped to nothing at the node: a row's reference is its line.
    people.set(name, new Map(records.map(({ id }, row) => [String(row + 1), id])));
    return { name, csv, mapping: FIVE_PARTY_MAPPING };
  });
  return {
    description: "open test data of five organisations",
    boroughs,
    rows,
    label: { attribute: "gender", codes: ["female", "male", "other"] },
    truth: (join) => score(join, countTruePairs(people), (borough, row) => people.get(borough)?.get(row)),
  };
}

/** The label must not lose a match: every spelling of a dirty column has a place in the table. */
const FIVE_PARTY_MAPPING = JSON.stringify({
  dateFormat: "dmy",
  mapping: {
    forename: "givenname",
    surname: "surname",
    date_of_birth: "dob",
    phone: "phone number",
    locality: "city",
  },
  attributes: { gender: { column: "gender", codes: { female: "female", male: "male" }, otherwise: "other" } },
});

/** Of the pairs that the keys find, which are truly one person. */
function score(
  join: PlainJoin,
  pairs: number,
  personOf: (borough: string, row: string) => string | number | undefined,
): Truth {
  const correct = join.pairs.filter(({ left, right, leftRow, rightRow }) => {
    const person = personOf(left, leftRow);
    return person !== undefined && person === personOf(right, rightRow);
  }).length;
  const found = join.pairs.length;
  return {
    pairs,
    found,
    correct,
    precision: found === 0 ? 1 : correct / found,
    recall: pairs === 0 ? 1 : correct / pairs,
  };
}

/** Pairs of rows of two files with equal truth. */
function countTruePairs(people: ReadonlyMap<string, ReadonlyMap<string, string>>): number {
  const inBoroughs = new Map<string, number[]>();
  for (const [index, persons] of [...people.values()].entries()) {
    for (const person of persons.values()) inBoroughs.set(person, [...(inBoroughs.get(person) ?? []), index]);
  }
  let pairs = 0;
  for (const boroughs of inBoroughs.values()) {
    for (const [index, left] of boroughs.entries()) {
      pairs += boroughs.slice(index + 1).filter((right) => right !== left).length;
    }
  }
  return pairs;
}
