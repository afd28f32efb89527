import { FIELD_KINDS, isField, type FieldKind } from "../../shared/matching/fields.ts";
import type { FieldReadiness, PopulationReadiness, Readiness } from "../data/readiness.ts";

/** A dataset's readiness for people: figures, where rows are lost and why, and what somebody can do about it. No record. */

/** Extracts older than this miss people who came or left. */
const OLD_DAYS = 90;
/** Less than this share of rows, and a key that needs the field finds few. */
const SPARSE = 0.8;
/** More than this share of texts that cannot be read is no matter of a few slips. */
const UNREADABLE = 0.02;
/** One value in more than this share of the rows that have the field stands for "not known". */
const FILLER = 0.05;
/** Fewer rows say nothing about a value being common. */
const FEW_ROWS = 100;
/** Of numbers that belong to one holder, so many distinct ones a row at least. */
const LEAST_DISTINCT = 0.98;

/** Rarely there by nature. */
const OPTIONAL = new Set(["no_match", "phone", "email", "uprn", "household_key"]);
/** A value of these many share, by nature or in one house. */
const SHARED_KINDS = new Set<FieldKind>(["sex", "flag", "text", "street", "house-number"]);
const ONE_HOLDER = new Set(["reference", "nhs_number", "nino", "upn", "national_id", "company_number"]);

/**
 * What to do, the most useful first; empty where there is nothing.
 * @param minimumPopulation of the charter that is asked about; null without one
 */
export function adviceFor(facts: Readiness, minimumPopulation: number | null): string[] {
  const { rows, rowsIn, ageDays, fields, testNhsNumbers, populations } = facts;
  if (rows === 0) return ["the dataset has no rows: export the extract again"];
  const old = `the extract is ${ageDays} days old: people who came or left since are not in it; export it again`;
  return [
    ...populations.flatMap((population) => ofPopulation(population, populations.length, minimumPopulation)),
    ...(rowsIn !== null && rowsIn - rows > rowsIn * UNREADABLE
      ? [
          `${share(rowsIn - rows, rowsIn)} of the file's rows are broken: see the rejects file, and the export's quoting`,
        ]
      : []),
    ...fields.flatMap((field) => ofField(field, facts)),
    ...(testNhsNumbers > 0
      ? [`nhs_number: ${count(testNhsNumbers)} are of the range for tests: take made-up people out of the extract`]
      : []),
    ...(ageDays > OLD_DAYS ? [old] : []),
    ...populations.flatMap(({ weakKeys }) =>
      weakKeys.map((key) => `key ${key}: too many units share their value; a round with it would be refused here`),
    ),
  ];
}

function ofPopulation({ name, funnel }: PopulationReadiness, of: number, minimum: number | null): string[] {
  const where = of === 1 ? "" : `${name}: `;
  const entering = funnel.units - funnel.withheld;
  const advice: string[] = [];
  if (minimum !== null && entering < minimum) {
    advice.push(
      `${where}${count(entering)} units, the charter asks for ${count(minimum)}: this borough would not contribute`,
    );
  }
  if (funnel.usable < funnel.units * SPARSE) {
    const lost = share(entering - funnel.usable, funnel.units);
    advice.push(
      funnel.keyless * 2 > entering - funnel.usable
        ? `${where}${lost} of the units have no key that could find them: see which fields below are rarely there`
        : `${where}${lost} of the units share every key they have with others: look for people entered twice, or merge rows by reference`,
    );
  }
  return advice;
}

function ofField({ field, present, unreadable, distinct, commonest }: FieldReadiness, { rows, losses }: Readiness) {
  const advice: string[] = [];
  if (unreadable > rows * UNREADABLE) {
    const most = losses.find((loss) => loss.field === field);
    const why = most === undefined ? "" : `, mostly "${most.reason}"`;
    advice.push(
      `${field}: ${share(unreadable, rows)} of the texts cannot be read${why}; look into the rejects file, and at the mapping's date order and texts for "missing"`,
    );
  }
  if (!OPTIONAL.has(field) && present < rows * SPARSE) {
    advice.push(`${field}: there in ${share(present, rows)} of the rows; ask whether another system holds it`);
  }
  if (present < FEW_ROWS) return advice;
  if (ONE_HOLDER.has(field) && distinct < present * LEAST_DISTINCT) {
    advice.push(
      `${field}: ${share(present - distinct, present)} of the rows repeat another row's: the same holder twice, or a number that fills a gap`,
    );
  } else if (isField(field) && !SHARED_KINDS.has(FIELD_KINDS[field]) && commonest > present * FILLER) {
    advice.push(
      `${field}: one value stands in ${share(commonest, present)} of the rows: if it means "not known", name it under csv.missing in the mapping`,
    );
  }
  return advice;
}

/** @param advice of `adviceFor` */
export function readinessText(facts: Readiness, advice: readonly string[]): string {
  const { dataset, rows, rowsIn, losses, ageDays, fields, populations } = facts;
  return [
    `dataset ${dataset}: ${count(rows)} rows, imported ${ageDays === 0 ? "today" : `${ageDays} days ago`}`,
    ...(rowsIn === null
      ? []
      : [`  of ${count(rowsIn)} rows in the file ${count(rowsIn - rows)} were broken and left out`]),
    "",
    "field                 there    unreadable   distinct values",
    ...fields.map((field) => fieldLine(field, rows)),
    ...(losses.length === 0 ? [] : ["", "what the import could not read, and why"]),
    ...losses
      .slice(0, LOSSES_SHOWN)
      .map(
        ({ field, reason, count: times }) =>
          `  ${count(times).padStart(9)}   ${field === "" ? "row" : field}: ${reason}`,
      ),
    ...populations.flatMap(populationText),
    "",
    ...(advice.length === 0
      ? ["Nothing stands in the way of a match."]
      : ["What to do", ...advice.map((each) => `  - ${each}`)]),
  ].join("\n");
}

const LOSSES_SHOWN = 12;

function populationText({ name, funnel, weakKeys }: PopulationReadiness): string[] {
  const shared = funnel.units - funnel.withheld - funnel.usable - funnel.keyless;
  return [
    "",
    `from rows to units that a match could use: ${name}`,
    `  rows                       ${count(funnel.rows)}`,
    `  units                      ${count(funnel.units)}`,
    `  left out by no_match       ${count(funnel.withheld)}, with whoever shares a key with them`,
    `  without any key            ${count(funnel.keyless)}: what each key needs is missing or unreadable`,
    `  with shared keys only      ${count(shared)}: several units here have the same values`,
    `  usable                     ${count(funnel.usable)}`,
    "",
    "match key                                there    unique",
    ...funnel.perKey.map(({ key, present, unique }) => {
      const weak = weakKeys.includes(key) ? "   refused below 98 % of those that have it" : "";
      return `  ${key.padEnd(36)} ${share(present, funnel.units).padStart(7)}   ${share(unique, funnel.units).padStart(7)}${weak}`;
    }),
  ];
}

function fieldLine({ field, present, unreadable, distinct }: FieldReadiness, rows: number): string {
  const figures = [
    share(present, rows).padStart(7),
    share(unreadable, rows).padStart(10),
    count(distinct).padStart(15),
  ];
  return `  ${field.padEnd(16)}  ${figures.join("   ")}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
