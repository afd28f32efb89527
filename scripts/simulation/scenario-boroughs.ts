import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { openCsv } from "../../node/data/import/csv-source.ts";
import { shapeFault } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { generateLists, type WhatIsListed } from "../generator/generate-lists.ts";
import type { LondonOptions } from "../generator/london.ts";
import { LONDON_BOROUGHS } from "../generator/london-boroughs.ts";
import { writeLondon } from "../generator/residents-file.ts";
import type { SimulatedBorough } from "./network.ts";
import { wrong, type BoroughPart, type LondonPart, type Scenario } from "./scenario.ts";

/** A party of a scenario: what its node gets, and what only the simulator knows. */
export interface ScenarioParty extends SimulatedBorough {
  readonly roles: readonly string[];
  /** Canonical fields and attributes that its rows have. */
  readonly fields: readonly string[];
  readonly attributes: readonly string[];
  /** Row number, from 1 as the node counts them, to who it truly is. For scoring; it never enters a node. */
  readonly truth: ReadonlyMap<number, string> | null;
  /** Traits of the person in a row, where they are known. */
  readonly traits: ReadonlyMap<number, Readonly<Record<string, string>>> | null;
  /** Kinds of error that the generator put into a row; null for files. */
  readonly errors: ReadonlyMap<number, readonly string[]> | null;
}

/** @throws ProtocolError "bad-input" naming the field of the scenario */
export async function readBoroughs(
  { boroughs, seed, folder }: Pick<Scenario, "boroughs" | "seed" | "folder">,
  scratch: string,
): Promise<ScenarioParty[]> {
  if (!Array.isArray(boroughs)) return generateByWeight(boroughs, seed, scratch);
  const wholes: BoroughPart[] = [];
  const parties: ScenarioParty[] = [];
  for (const [index, part] of boroughs.entries()) {
    const whole = withModel(part, wholes);
    wholes.push(whole);
    if (whole.generate === undefined) parties.push(await fromFile(whole, folder, `boroughs.${index}`));
  }
  const made = wholes.filter(({ generate }) => generate !== undefined);
  if (made.length > 0) parties.push(...generateTogether(made, seed, scratch));
  // In the order of the scenario: it is the charter's.
  return wholes.map(({ id }) => parties.find(({ name }) => name === id)!);
}

/** What `like` leaves to an earlier borough. */
function withModel(part: BoroughPart, earlier: readonly BoroughPart[]): BoroughPart {
  const model = earlier.find(({ id }) => id === part.like);
  if (model === undefined) return part;
  const { csv, dateFormat, mapping, attributes, truth } = model;
  const inherited = Object.entries({ csv, dateFormat, mapping, attributes, truth });
  return {
    ...(Object.fromEntries(inherited.filter(([, value]) => value !== undefined)) as Partial<BoroughPart>),
    ...part,
  };
}

async function fromFile(part: BoroughPart, folder: string, path: string): Promise<ScenarioParty> {
  const { id, file } = part;
  if (file === undefined) {
    return {
      name: id,
      csv: null,
      mapping: "",
      roles: part.roles ?? ["matcher", "opener"],
      fields: [],
      attributes: [],
      truth: null,
      traits: null,
      errors: null,
    };
  }
  const csv = resolve(folder, file);
  if (!existsSync(csv)) throw wrong(`${path}.file`, `${file} does not exist`, "paths are relative to the scenario");
  if (part.mapping === undefined) throw wrong(`${path}.mapping`, "is needed for a file: canonical field to column");
  const text = JSON.stringify({
    csv: part.csv,
    dateFormat: part.dateFormat,
    mapping: part.mapping,
    attributes: part.attributes,
  });
  const mapping = parseMappingText(text);
  return {
    name: id,
    csv,
    mapping: text,
    roles: part.roles ?? ["owner", "matcher", "opener"],
    fields: mapping.fields.map(({ field }) => field),
    attributes: mapping.attributes.map(({ attribute }) => attribute),
    truth: part.truth === undefined ? null : await readTruth(csv, text, part.truth, `${path}.truth`),
    traits: null,
    errors: null,
  };
}

/** By the same reader as the node's import, so that rows have the same numbers. */
async function readTruth(
  csv: string,
  mappingText: string,
  truth: NonNullable<BoroughPart["truth"]>,
  path: string,
): Promise<Map<number, string>> {
  const { column, pattern } = typeof truth === "string" ? { column: truth, pattern: undefined } : truth;
  const source = await openCsv(csv, parseMappingText(mappingText));
  const place = source.header.indexOf(column);
  if (place < 0) throw wrong(path, `the file has no column ${JSON.stringify(column)}`);
  const captured = pattern === undefined ? null : compile(pattern, path);
  const persons = new Map<number, string>();
  let row = 0;
  for await (const { values } of source.records()) {
    if (shapeFault(values, source.header.length) !== null) continue;
    row++;
    const text = values[place]!.trim();
    const person = captured === null ? text : captured.exec(text)?.[1];
    if (person !== undefined && person !== "") persons.set(row, person);
  }
  return persons;
}

function compile(pattern: string, path: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    throw wrong(`${path}.pattern`, "is not a regular expression");
  }
}

/** One London for all of them, so that they have residents in common. */
function generateTogether(parts: readonly BoroughPart[], seed: number, scratch: string): ScenarioParty[] {
  const first = parts[0]!.generate!;
  const shares = ["what", "overlap", "dirt", "coverage", "sameAddress"] as const;
  const differs = parts.find(({ generate }) => shares.some((name) => generate![name] !== first[name]));
  if (differs !== undefined) {
    throw wrong(
      "boroughs",
      `${differs.id} is generated with other shares than ${parts[0]!.id}, they are made together`,
    );
  }
  const boroughs = parts.map(({ id }) => id);
  const stranger = boroughs.find((id) => !LONDON_BOROUGHS.some(({ name }) => name === id));
  if (stranger !== undefined) throw wrong("boroughs", `${stranger} is none of London's, only those are generated`);
  const residents = parts.map(({ generate }) => generate!.residents);
  const made = writeParties({ ...first, boroughs, residents, seed }, scratch);
  return made.map((party, index) => ({ ...party, roles: parts[index]!.roles ?? party.roles }));
}

/** London's first boroughs with so many residents in all, as the census weighs them. */
function generateByWeight({ generate, residents, ...shares }: LondonPart, seed: number, scratch: string) {
  const chosen = LONDON_BOROUGHS.slice(0, generate);
  const all = chosen.reduce((sum, { hundreds }) => sum + hundreds, 0);
  const sizes = chosen.map(({ hundreds }) => Math.max(1, Math.round((residents * hundreds) / all)));
  return writeParties({ ...shares, boroughs: generate, residents: sizes, seed }, scratch);
}

interface GeneratorOptions extends Omit<LondonOptions, "sameAddress"> {
  readonly what: WhatIsListed;
  readonly sameAddress?: number | undefined;
}

function writeParties({ what, sameAddress, ...options }: GeneratorOptions, scratch: string): ScenarioParty[] {
  const london = generateLists(what, sameAddress === undefined ? options : { ...options, sameAddress });
  return writeLondon(join(scratch, "files"), london).map(({ name, csv, mapping }, index) => {
    const parsed = parseMappingText(mapping);
    const { rows } = london.boroughs[index]!;
    const { personOf, traitsOf, errorsOf } = london.truth;
    const persons = rows.map(({ reference }) => personOf.get(reference)!);
    return {
      name,
      csv,
      mapping,
      roles: index < OPENERS ? ["owner", "matcher", "opener"] : ["owner", "matcher"],
      fields: parsed.fields.map(({ field }) => field),
      attributes: parsed.attributes.map(({ attribute }) => attribute),
      truth: new Map(persons.map((person, row) => [row + 1, String(person)])),
      traits: new Map(persons.map((person, row) => [row + 1, traitsOf.get(person)!])),
      errors: new Map(rows.map(({ reference }, row) => [row + 1, errorsOf.get(reference) ?? []])),
    };
  });
}

/** Of generated boroughs, how many open the sum. */
const OPENERS = 3;
