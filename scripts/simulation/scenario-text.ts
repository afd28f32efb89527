import { resultText } from "../../shared/protocol/result-text.ts";
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
    table([
      ["party", "rows", "rejects", "time", "sent", "received", "peak memory"],
      ...facts.parties.map(({ id, rows, rejects, ms, bytesSent, bytesReceived, peakRssBytes }) => [
        id,
        count(rows),
        count(rejects),
        seconds(ms),
        megabytes(bytesSent),
        megabytes(bytesReceived),
        peakRssBytes === null ? "–" : megabytes(peakRssBytes),
      ]),
    ]),
    "",
    `phases: ${facts.phases.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(", ")}`,
    facts.peakRssBytes === null
      ? "each party was a process of its own; matches are those of the same keys on all rows in the open, whose total was the released one"
      : `peak memory of the one process with all parties in it: ${megabytes(facts.peakRssBytes)}`,
  ].join("\n");
}

function qualityLines({ overall, pairs, keys, groups }: NonNullable<ScenarioFacts["quality"]>): string[] {
  return [
    `matched ${count(overall.matched)}, missed ${count(overall.missed)}, false ${count(overall.false)}: ` +
      `precision ${share(overall.precision)}, recall ${share(overall.recall)}, F1 ${share(overall.f1)}`,
    "",
    table([
      ["pair", "true", "matched", "missed", "false", "precision", "recall"],
      ...pairs.map((pair) => [`${pair.a} and ${pair.b}`, ...figures(pair)]),
    ]),
    "",
    table([
      ["match key", "matched", "false"],
      ...keys.map(({ key, correct, false: wrong }) => [key, count(correct), count(wrong)]),
    ]),
    ...(groups.length === 0
      ? []
      : [
          "",
          table([
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
            ...groups.map((each) => [
              `${each.trait}: ${each.group}`,
              ...figures(each),
              share(each.gap),
              share(each.falseRate),
            ]),
          ]),
        ]),
  ];
}

function figures({ truth, matched, missed, false: wrong, precision, recall }: Quality): string[] {
  return [count(truth), count(matched), count(missed), count(wrong), share(precision), share(recall)];
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** First column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
    )
    .join("\n");
}
