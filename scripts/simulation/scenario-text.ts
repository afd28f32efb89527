import { resultText } from "../../shared/protocol/result-text.ts";
import { formatCount, formatTable } from "../text-table.ts";
import { PARTY_HEADINGS, partyCells } from "./party-table.ts";
import type { Quality } from "./quality.ts";
import type { ScenarioFacts } from "./scenario-facts.ts";

/** A scenario's facts for the terminal. */
export function scenarioText(facts: ScenarioFacts): string {
  const { outcome, reason, quality, release, names, keysLeftOut, faults } = facts;
  return [
    `outcome: ${outcome}${reason === null ? "" : `, ${reason}`}   (seed ${facts.seed})`,
    ...(facts.standIn ? ["double-salt's arithmetic was left to a stand-in: times say nothing about a real round"] : []),
    ...(keysLeftOut.length === 0 ? [] : [`keys that no borough has the fields for: ${keysLeftOut.join(", ")}`]),
    ...faults.map(
      ({ party, at, do: what, fired }) => `fault: ${party} ${what} at ${at}${fired ? "" : ", which it never sent"}`,
    ),
    ...(release === null ? [] : ["", resultText(release, names)]),
    ...(quality === null ? ["", "no known answer: nothing is scored"] : ["", ...qualityLines(quality)]),
    "",
    formatTable(PARTY_HEADINGS, facts.parties.map(partyCells)),
    "",
    `phases: ${facts.phases.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(", ")}`,
    facts.peakRssBytes === null
      ? "each party was a process of its own; matches are those of the same keys on all rows in the open, whose total was the released one"
      : `peak memory of the one process with all parties in it: ${megabytes(facts.peakRssBytes)}`,
  ].join("\n");
}

function qualityLines({ overall, pairs, keys, groups }: NonNullable<ScenarioFacts["quality"]>): string[] {
  return [
    `matched ${formatCount(overall.matched)}, missed ${formatCount(overall.missed)}, false ${formatCount(overall.false)}: ` +
      `precision ${share(overall.precision)}, recall ${share(overall.recall)}, F1 ${share(overall.f1)}`,
    "",
    formatTable(
      ["pair", "true", "matched", "missed", "false", "precision", "recall"],
      pairs.map((pair) => [`${pair.a} and ${pair.b}`, ...figures(pair)]),
    ),
    "",
    formatTable(
      ["match key", "matched", "false"],
      keys.map(({ key, correct, false: wrong }) => [key, formatCount(correct), formatCount(wrong)]),
    ),
    ...(groups.length === 0
      ? []
      : [
          "",
          formatTable(
            [
              "group, largest gap in recall first",
              "true",
              "matched",
              "missed",
              "false",
              "precision",
              "recall",
              "gap",
              "false rate",
            ],
            groups.map((each) => [
              `${each.trait}: ${each.group}`,
              ...figures(each),
              share(each.gap),
              share(each.falseRate),
            ]),
          ),
        ]),
  ];
}

function figures({ truth, matched, missed, false: wrong, precision, recall }: Quality): string[] {
  return [
    formatCount(truth),
    formatCount(matched),
    formatCount(missed),
    formatCount(wrong),
    share(precision),
    share(recall),
  ];
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
