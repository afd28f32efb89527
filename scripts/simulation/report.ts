import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resultText } from "../../shared/protocol/result-text.ts";
import { escapeHtml } from "./escape-html.ts";
import type { Quality } from "./quality.ts";
import { keyChart, pairChart, phaseChart } from "./report-charts.ts";
import type { ScenarioFacts } from "./run-scenario.ts";

/** A scenario's report as one page without script: index.html, with its plots inside, and the facts beside it. */
export async function writeReport(folder: string, facts: ScenarioFacts): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, "index.html");
  writeFileSync(join(folder, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
  writeFileSync(page, await reportPage(facts));
  return page;
}

export async function reportPage(facts: ScenarioFacts): Promise<string> {
  const { outcome, expected, reason, seed, quality, release, names } = facts;
  const sections = [
    section(
      "Outcome",
      `<p><strong>${escapeHtml(outcome)}</strong>${reason === null ? "" : `, ${escapeHtml(reason)}`}; expected: ${escapeHtml(expected)}. Seed ${seed}.</p>` +
        facts.faults.map(faultText).join("") +
        (facts.keysLeftOut.length === 0
          ? ""
          : `<p>Match keys that no borough has the fields for: ${facts.keysLeftOut.map(escapeHtml).join(", ")}.</p>`),
    ),
    release === null ? "" : section("What was released", `<pre>${escapeHtml(resultText(release, names))}</pre>`),
    quality === null
      ? section("Quality", "<p>There is no known answer, so nothing is scored.</p>")
      : section("Quality", await qualityHtml(quality)),
    section("Parties", partyTable(facts)),
    section("Time", figure(await phaseChart(facts)) + memoryText(facts)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portmoot simulation, seed ${seed}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>A simulated matching round</h1>
<p class="lead">Made by the code and the policies of the real programs, with people who do not exist or whose answer is
known. It says nothing about anybody.</p>
${sections.filter((each) => each !== "").join("\n")}
</main>
</body>
</html>
`;
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

function partyTable({ parties }: ScenarioFacts): string {
  return table(
    ["", "rows", "rejected", "seconds", "bytes sent", "bytes received"],
    parties.map(({ id, rows, rejects, ms, bytesSent, bytesReceived }) => [
      id,
      count(rows),
      count(rejects),
      (ms / 1000).toFixed(1),
      count(bytesSent),
      count(bytesReceived),
    ]),
  );
}

function faultText({ party, at, do: what, fired }: ScenarioFacts["faults"][number]): string {
  return `<p>Fault: ${escapeHtml(party)}, ${escapeHtml(what)} at ${escapeHtml(at)}${fired ? "" : ", a message that it never sent"}.</p>`;
}

function memoryText({ peakRssBytes }: ScenarioFacts): string {
  return `<p>All parties shared one process; its memory at the most was ${count(Math.round(peakRssBytes / 1e6))} MB.</p>`;
}

function section(title: string, html: string): string {
  return `<section><h2>${title}</h2>\n${html}\n</section>`;
}

function figure(svg: string): string {
  return `<figure>${svg}</figure>`;
}

function details(summary: string, html: string): string {
  return `<details><summary>${summary}</summary>${html}</details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headings = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${headings}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}

const STYLE = `
body{margin:0;background:#fff;color:#0b0c0c;font:16px/1.5 Helvetica,Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:2rem;line-height:1.2}h2{font-size:1.4rem;margin:2.5rem 0 .75rem}
.lead{color:#505a5f;max-width:44rem}
pre{background:#f3f2f1;padding:1rem;overflow-x:auto;font-size:.875rem;line-height:1.35}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1rem}
th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid #b1b4b6;text-align:right;font-variant-numeric:tabular-nums}
th[scope=row]{text-align:left;font-weight:normal}thead th{font-weight:bold}
figure{margin:1rem 0;overflow-x:auto}svg{max-width:100%;height:auto}
summary{cursor:pointer;color:#1d70b8;margin:.5rem 0}summary:focus-visible{outline:3px solid #fd0;color:#0b0c0c}`;
