import type { Command } from "commander";
import { expandCascade } from "../../shared/matching/library.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";
import { requireDataset } from "../data/datasets.ts";
import { measureReadiness, type FieldReadiness, type Readiness } from "../data/readiness.ts";
import type { NodeContext } from "./context.ts";

/** `node readiness`: whether a dataset is fit for matching, in words that somebody can act on. Nothing is sent. */
export function addReadinessCommand(node: Command, context: () => NodeContext): void {
  node
    .command("readiness")
    .argument("<dataset>", "a dataset as it was imported")
    .option("--cascade <name>", "match keys to try: people, properties or businesses", "people")
    .description("how complete, readable, unique and recent a dataset is, and whom its match keys could find")
    .addHelpText("after", "\nExample:\n  portmoot node readiness council-tax --cascade people --home ./camden")
    .action((dataset: string, options: { cascade: string }) => {
      const { db, clock, output, workspace } = context();
      const { columns } = requireDataset(db, dataset);
      const cascade = expandCascade(options.cascade, columns.fields) as CascadeKey[];
      const facts = measureReadiness(db, dataset, cascade, { nowMs: clock.nowMs(), workspace: workspace() });
      const advice = adviceFor(facts);
      output.facts({ ...facts, advice }, readinessText(facts, advice));
    });
}

/** Extracts older than this miss people who came or left. */
const OLD_DAYS = 90;
/** Less than this share of rows, and a key that needs the field finds few. */
const SPARSE = 0.8;
/** More than this share of texts that cannot be read is no matter of a few slips. */
const UNREADABLE = 0.02;

/** What to do, the most useful first; empty where there is nothing. */
function adviceFor({ rows, ageDays, fields, funnel, weakKeys }: Readiness): string[] {
  const advice: string[] = [];
  if (rows === 0) return ["the dataset has no rows: export the extract again"];
  if (funnel.usable < funnel.units * SPARSE) {
    const percent = share(funnel.units - funnel.usable - funnel.withheld, funnel.units);
    advice.push(`${percent} of the units have no key that could find them: see which fields below are rarely there`);
  }
  for (const { field, unreadable } of fields) {
    if (unreadable <= rows * UNREADABLE) continue;
    advice.push(
      `${field}: ${share(unreadable, rows)} of the texts cannot be read; look into the rejects file, and at the mapping's date order and texts for "missing"`,
    );
  }
  for (const { field, present } of fields) {
    if (OPTIONAL.has(field) || present >= rows * SPARSE) continue;
    advice.push(`${field}: there in ${share(present, rows)} of the rows; ask whether another system holds it`);
  }
  if (ageDays > OLD_DAYS)
    advice.push(`the extract is ${ageDays} days old: people who came or left since are not in it`);
  for (const key of weakKeys) {
    advice.push(`key ${key}: too many units share their value; a round with it would be refused here`);
  }
  return advice;
}

/** Rarely there by nature. */
const OPTIONAL = new Set(["no_match", "phone", "email", "uprn", "household_key"]);

function readinessText(facts: Readiness, advice: readonly string[]): string {
  const { dataset, rows, ageDays, fields, funnel, weakKeys } = facts;
  const lost = funnel.units - funnel.withheld - funnel.usable;
  return [
    `dataset ${dataset}: ${count(rows)} rows, imported ${ageDays === 0 ? "today" : `${ageDays} days ago`}`,
    "",
    "field                 there    unreadable   distinct values",
    ...fields.map((field) => fieldLine(field, rows)),
    "",
    "from rows to units that a match could use",
    `  rows                       ${count(funnel.rows)}`,
    `  units                      ${count(funnel.units)}`,
    `  left out by no_match       ${count(funnel.withheld)}, with whoever shares a key with them`,
    `  without a usable key       ${count(lost)}: every key is missing, or shared by several`,
    `  usable                     ${count(funnel.usable)}`,
    "",
    "match key                                there    unique",
    ...funnel.perKey.map(({ key, present, unique }) => {
      const weak = weakKeys.includes(key) ? "   refused below 98 % of those that have it" : "";
      return `  ${key.padEnd(36)} ${share(present, funnel.units).padStart(7)}   ${share(unique, funnel.units).padStart(7)}${weak}`;
    }),
    "",
    ...(advice.length === 0
      ? ["Nothing stands in the way of a match."]
      : ["What to do", ...advice.map((each) => `  - ${each}`)]),
  ].join("\n");
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
