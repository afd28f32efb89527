import type { Command } from "commander";
import { ProtocolError } from "../../shared/base/errors.ts";
import { expandCascade } from "../../shared/matching/library.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";
import { STANDARD_TABLES } from "../../shared/matching/transforms.ts";
import { requireMatch, transformTables, type MatchCharter } from "../../shared/protocol/charter.ts";
import { codesOf } from "../../shared/protocol/job.ts";
import { requireDataset } from "../data/datasets.ts";
import { measureReadiness, type ReadinessQuestion } from "../data/readiness.ts";
import { findCharter } from "./charter.ts";
import type { NodeContext } from "./context.ts";
import { adviceFor, readinessText } from "./readiness-text.ts";

/** `node readiness`: whether a dataset is fit for matching, in words that somebody can act on. Nothing is sent. */
export function addReadinessCommand(node: Command, context: () => NodeContext): void {
  node
    .command("readiness")
    .argument("<dataset>", "a dataset as it was imported")
    .option("--cascade <name>", "match keys to try: people, properties or businesses", "people")
    .option("--charter <id>", "the keys of this charter instead, over the rows that it chooses")
    .description("how complete, readable, unique and recent a dataset is, and whom its match keys could find")
    .addHelpText(
      "after",
      "\nExamples:\n  portmoot node readiness council-tax --cascade people --home ./camden\n  portmoot node readiness council-tax --charter council-tax-double-residence --home ./camden",
    )
    .action((dataset: string, options: { cascade: string; charter?: string }) => {
      const { db, clock, output, workspace } = context();
      const { columns } = requireDataset(db, dataset);
      const charter = options.charter === undefined ? null : requireMatch(findCharter(db, options.charter).parsed);
      const question = charter === null ? ofLibrary(options.cascade, columns.fields) : ofCharter(charter, dataset);
      const facts = measureReadiness(db, dataset, question, { nowMs: clock.nowMs(), workspace: workspace() });
      const advice = adviceFor(facts, charter?.controls.minimumPopulation ?? null);
      output.facts({ ...facts, advice }, readinessText(facts, advice));
    });
}

function ofLibrary(cascade: string, fields: readonly string[]): ReadinessQuestion {
  return {
    cascade: expandCascade(cascade, fields) as CascadeKey[],
    collapse: "none",
    tables: STANDARD_TABLES,
    populations: [{ name: "all rows", where: [], label: null }],
  };
}

function ofCharter(charter: MatchCharter, dataset: string): ReadinessQuestion {
  const { operation } = charter;
  if (charter.dataset.name !== dataset) {
    throw new ProtocolError("bad-input", `charter ${charter.id}: is about the dataset ${charter.dataset.name}`, {
      hint: `portmoot node readiness ${charter.dataset.name} --charter ${charter.id}`,
    });
  }
  const labelled = (attribute: string | undefined) =>
    attribute === undefined ? null : { attribute, codes: codesOf(charter, attribute) };
  return {
    cascade: operation.cascade,
    collapse: charter.dataset.collapse,
    tables: transformTables(charter),
    populations:
      "population" in operation
        ? [{ name: "rows the charter chooses", ...operation.population, label: labelled(operation.label?.attribute) }]
        : (["left", "right"] as const).map((side) => ({
            name: `rows the charter chooses, ${side}`,
            ...operation[side],
            label: labelled(operation.label?.[side]),
          })),
  };
}
