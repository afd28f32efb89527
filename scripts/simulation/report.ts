import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resultText } from "../../shared/protocol/result-text.ts";
import { escapeHtml } from "./escape-html.ts";
import { details, figure, page, section, table } from "./page.ts";
import { PARTY_HEADINGS, partyCells } from "./party-table.ts";
import type { Quality } from "./quality.ts";
import { keyChart, pairChart, phaseChart } from "./report-charts.ts";
import { scenarioJson, type ScenarioFacts } from "./scenario-facts.ts";

/** A scenario's report as one page without script: index.html, with its plots inside, and the facts beside it. */
export async function writeReport(folder: string, facts: ScenarioFacts): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, "index.html");
  writeFileSync(join(folder, "facts.json"), `${JSON.stringify(scenarioJson(facts, { times: true }), null, 2)}\n`);
  writeFileSync(page, await reportPage(facts));
  return page;
}

export async function reportPage(facts: ScenarioFacts): Promise<string> {
  const { outcome, expected, reason, seed, quality, release, names } = facts;
  const sections = [
    section(
      "Outcome",
      `<p><strong>${escapeHtml(outcome)}</strong>${reason === null ? "" : `, ${escapeHtml(reason)}`}; expected: ${escapeHtml(expected)}. Seed ${seed}.</p>` +
        (facts.standIn
          ? "<p>Double-salt's arithmetic was left to a stand-in, which finds the same and protects nothing: times say nothing about a real round.</p>"
          : "") +
        facts.faults.map(faultText).join("") +
        (facts.keysLeftOut.length === 0
          ? ""
          : `<p>Match keys that no borough has the fields for: ${facts.keysLeftOut.map(escapeHtml).join(", ")}.</p>`),
    ),
    release === null ? "" : section("What was released", `<pre>${escapeHtml(resultText(release, names))}</pre>`),
    quality === null
      ? section("Quality", "<p>There is no known answer, so nothing is scored.</p>")
      : section("Quality", await qualityHtml(quality)),
    section("Parties", table(PARTY_HEADINGS, facts.parties.map(partyCells))),
    section("Time", figure(await phaseChart(facts)) + memoryText(facts)),
  ];
  return page(`Portmoot simulation, seed ${seed}`, "A simulated matching round", sections);
}

async function qualityHtml(quality: NonNullable<ScenarioFacts["quality"]>): Promise<string> {
  const { overall, pairs, keys, groups } = quality;
  const head = ["", "true", "matched", "missed", "false", "precision", "recall", "F1"];
  return [
    "<p>A pair of rows in two boroughs is matched where it is found and truly one person, missed where it is one person",
    "and not found, false where it is found and is two.</p>",
    table(head, [["all pairs of boroughs", ...figures(overall)]]),
    figure(await pairChart(quality)),
    figure(await keyChart(quality)),
    ...(groups.length === 0
      ? []
      : [
          "<h3>By group of people</h3>",
          "<p>The gap is how far a group's recall lies below the best group's of the same kind. Errors that fall on one",
          "group are a reason to change the keys before a real round. The false rate is the share of what was found for",
          "it that is wrong. Deprivation is made up: quintiles are thrown by dice and say nothing about any place. A pair's",
          "error is what its two rows have between them.</p>",
          table(
            [...head, "gap", "false rate"],
            groups.map((each) => [
              `${each.trait}: ${each.group}`,
              ...figures(each),
              share(each.gap),
              share(each.falseRate),
            ]),
          ),
        ]),
    details(
      "By pair of boroughs",
      table(
        head,
        pairs.map((pair) => [`${pair.a} and ${pair.b}`, ...figures(pair)]),
      ),
    ),
    details(
      "By match key",
      table(
        ["", "matched", "false"],
        keys.map(({ key, correct, false: wrong }) => [key, count(correct), count(wrong)]),
      ),
    ),
  ].join("\n");
}

function figures({ truth, matched, missed, false: wrong, precision, recall, f1 }: Quality): string[] {
  return [count(truth), count(matched), count(missed), count(wrong), share(precision), share(recall), share(f1)];
}

function faultText({ party, at, do: what, fired }: ScenarioFacts["faults"][number]): string {
  return `<p>Fault: ${escapeHtml(party)}, ${escapeHtml(what)} at ${escapeHtml(at)}${fired ? "" : ", a message that it never sent"}.</p>`;
}

function memoryText({ peakRssBytes }: ScenarioFacts): string {
  if (peakRssBytes === null) {
    return "<p>Each party was a process of its own; a party's seconds are processor time. No program says which rows it matched: quality is that of the same keys on all rows in the open, whose total was the released one.</p>";
  }
  return `<p>All parties shared one process; its memory at the most was ${count(Math.round(peakRssBytes / 1e6))} MB.</p>`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}
