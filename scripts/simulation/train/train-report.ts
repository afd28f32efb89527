import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BLUE, draw, rowSpec } from "../draw-chart.ts";
import { escapeHtml } from "../escape-html.ts";
import { details, figure, page, section, table } from "../page.ts";
import { PARTY_HEADINGS, partyCells } from "../party-table.ts";
import type { OpenModel } from "./open-model.ts";
import type { TrainFacts } from "./train-facts.ts";
import { METRIC_NAMES, metricCells, trainJson } from "./train-text.ts";

/** A learning scenario's report as one page without script: index.html, its plots inside, and the facts beside it. */
export async function writeTrainReport(folder: string, facts: TrainFacts): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "index.html");
  writeFileSync(join(folder, "facts.json"), `${JSON.stringify(trainJson(facts, { times: true }), null, 2)}\n`);
  writeFileSync(file, await trainPage(facts));
  if (facts.document !== null)
    writeFileSync(join(folder, "model.json"), `${JSON.stringify(facts.document, null, 2)}\n`);
  return file;
}

export async function trainPage(facts: TrainFacts): Promise<string> {
  const { outcome, expected, reason, seed, model, releaseText, evaluation } = facts;
  const sections = [
    section(
      "Outcome",
      `<p><strong>${escapeHtml(outcome)}</strong>${reason === null ? "" : `, ${escapeHtml(reason)}`}; expected: ${escapeHtml(expected)}. Seed ${seed}.</p>` +
        facts.faults
          .map(
            ({ party, at, do: what, fired }) =>
              `<p>Fault: ${escapeHtml(party)}, ${escapeHtml(what)} at ${escapeHtml(at)}${fired ? "" : ", a message that it never sent"}.</p>`,
          )
          .join("") +
        facts.notes.map((note) => `<p>Note: ${escapeHtml(note)}.</p>`).join(""),
    ),
    releaseText === null ? "" : section("What was released", `<pre>${escapeHtml(releaseText)}</pre>`),
    model === null ? "" : section("The model", await modelHtml(model)),
    evaluation === null ? "" : section("How good it is", evaluationHtml(facts, evaluation)),
    section("Parties", table(PARTY_HEADINGS, facts.parties.map(partyCells))),
  ];
  return page(`Portmoot simulation, seed ${seed}`, "A simulated model", sections);
}

async function modelHtml(model: OpenModel): Promise<string> {
  return [
    `<p>${model.n} rows${model.positives === null ? "" : `, ${model.positives} of them positive`}, ${model.iterations} steps. Figures below have full precision, which only a simulation shows.</p>`,
    figure(await coefficientChart(model)),
    details(
      "Coefficients",
      table(
        ["", "estimate", "se", "z", "p"],
        model.coefficients.map(({ name, estimate, se, z, p }) => [
          name,
          estimate.toFixed(8),
          se?.toFixed(8) ?? "–",
          z?.toFixed(3) ?? "–",
          p?.toExponential(2) ?? "–",
        ]),
      ),
    ),
  ].join("\n");
}

/** Each coefficient but the intercept with its interval of 95 %. */
function coefficientChart({ coefficients }: OpenModel): Promise<string> {
  const rows = coefficients.slice(1).map(({ name, estimate, se }) => {
    const reach = 1.96 * (se ?? 0);
    return { name, estimate, least: estimate - reach, most: estimate + reach };
  });
  const x = (field: string) => ({ scale: "x", field });
  const y = { scale: "y", field: "name", band: 0.5 };
  const from = { data: "rows" };
  const spec = rowSpec({
    rows,
    axis: "coefficient, with an interval of 95 %",
    ends: ["least", "most"],
    marks: [
      {
        type: "rule",
        from,
        encode: {
          enter: { x: x("least"), x2: x("most"), y, stroke: { value: BLUE }, strokeWidth: { value: 2 } },
        },
      },
      {
        type: "symbol",
        from,
        encode: { enter: { x: x("estimate"), y, fill: { value: BLUE }, size: { value: 50 } } },
      },
    ],
  });
  const words = rows.map(({ name, estimate }) => `${name}: ${estimate.toFixed(3)}`).join("; ");
  return draw(spec, "Coefficients of the model", words);
}

function evaluationHtml(
  { comparison }: TrainFacts,
  { on, overall, boroughs, groups }: NonNullable<TrainFacts["evaluation"]>,
): string {
  const alone = comparison?.alone ?? [];
  return [
    `<p>Exact figures on ${on}, which a simulation has in one place.</p>`,
    table(METRIC_NAMES, [
      ["all", ...metricCells(overall)],
      ...boroughs.map(({ id, ...metrics }) => [id, ...metricCells(metrics)]),
      ...groups.map(({ group, ...metrics }) => [group, ...metricCells(metrics)]),
    ]),
    ...(alone.length === 0
      ? []
      : [
          "<h3>Each borough alone</h3>",
          table(
            METRIC_NAMES,
            alone.map(({ id, metrics, why }) =>
              metrics === null ? [id, why ?? "no model"] : [id, ...metricCells(metrics)],
            ),
          ),
        ]),
  ].join("\n");
}
