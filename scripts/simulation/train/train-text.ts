import { ProtocolError } from "../../../shared/base/errors.ts";
import { formatTable } from "../../text-table.ts";
import { PARTY_HEADINGS, partyCells } from "../party-table.ts";
import type { ExactMetrics } from "./exact-metrics.ts";
import type { OpenModel } from "./open-model.ts";
import type { TrainFacts } from "./train-facts.ts";

/** A learning scenario's facts for the terminal and for `--json`. */
export function trainText(facts: TrainFacts): string {
  const { outcome, reason, seed, model, releaseText, evaluation, comparison } = facts;
  return [
    `outcome: ${outcome}${reason === null ? "" : `, ${reason}`}   (seed ${seed})`,
    ...facts.faults.map(
      ({ party, at, do: what, fired }) => `fault: ${party} ${what} at ${at}${fired ? "" : ", which it never sent"}`,
    ),
    ...facts.notes.map((note) => `note: ${note}`),
    ...(releaseText === null ? [] : ["", "what was released", releaseText]),
    ...(model === null ? [] : ["", ...modelLines(model)]),
    ...(evaluation === null ? [] : ["", ...evaluationLines(evaluation)]),
    ...(comparison === null || releaseText === null ? [] : ["", ...comparisonLines(model, comparison)]),
    "",
    formatTable(PARTY_HEADINGS, facts.parties.map(partyCells)),
  ].join("\n");
}

function modelLines({ n, positives, deviance, nullDeviance, aic, iterations, dropped, coefficients }: OpenModel) {
  const isClustered = coefficients.some(({ robustSe }) => robustSe !== null);
  const left = dropped.filter(({ rows }) => rows > 0).map(({ id, rows }) => `${id} ${rows}`);
  return [
    "full precision, which only a simulation shows",
    `rows ${n}${positives === null ? "" : `, positive ${positives}`}, steps ${iterations}, deviance ${figure(deviance)} (null ${figure(nullDeviance)}), AIC ${figure(aic)}`,
    ...(left.length === 0 ? [] : [`rows left out for what is missing: ${left.join(", ")}`]),
    "",
    formatTable(
      ["coefficient", "estimate", "se", "z", "p", ...(isClustered ? ["robust se"] : [])],
      coefficients.map(({ name, estimate, se, z, p, robustSe }) => [
        name,
        estimate.toPrecision(12),
        se?.toPrecision(9) ?? "–",
        z?.toFixed(3) ?? "–",
        p?.toExponential(2) ?? "–",
        ...(isClustered ? [robustSe?.toPrecision(9) ?? "–"] : []),
      ]),
    ),
  ];
}

function evaluationLines({ on, overall, boroughs, groups }: NonNullable<TrainFacts["evaluation"]>): string[] {
  return [
    `evaluated on ${on}`,
    formatTable(METRIC_NAMES, [
      ["all", ...metricCells(overall)],
      ...boroughs.map(({ id, ...metrics }) => [id, ...metricCells(metrics)]),
      ...groups.map(({ group, ...metrics }) => [group, ...metricCells(metrics)]),
    ]),
  ];
}

function comparisonLines(model: OpenModel | null, { pooled, alone }: NonNullable<TrainFacts["comparison"]>): string[] {
  return [
    ...(pooled === null ? [] : [`beside the pooled fit in the open: ${differenceOf(model, pooled)}`]),
    ...(alone.length === 0
      ? []
      : [
          "each borough alone",
          formatTable(
            METRIC_NAMES,
            alone.map(({ id, metrics, why }) =>
              metrics === null ? [id, why ?? "no model"] : [id, ...metricCells(metrics)],
            ),
          ),
        ]),
  ];
}

function differenceOf(model: OpenModel | null, pooled: OpenModel): string {
  if (model === null) return "of an exact fit with the same columns the released coefficients are its own, rounded";
  // Levels that fewer than three boroughs have are merged in a round, and have columns in one place.
  if (model.features.join() !== pooled.features.join())
    return "not the same columns, levels of few boroughs are merged";
  const apart = model.coefficients.map(({ estimate }, index) => {
    return Math.abs(estimate - pooled.coefficients[index]!.estimate);
  });
  return `coefficients differ by at most ${Math.max(...apart)}`;
}

export const METRIC_NAMES = ["", "rows", "positive", "accuracy", "AUC", "squared error", "lift at 100"];

export function metricCells({ rows, positives, accuracy, auc, brier, liftAt100 }: ExactMetrics): string[] {
  return [
    String(rows),
    String(positives),
    ...[accuracy, auc, brier].map((value) => value?.toFixed(4) ?? "–"),
    liftAt100?.toFixed(2) ?? "–",
  ];
}

/** @param options.times false leaves out what this machine's clock and memory say */
export function trainJson(facts: TrainFacts, { times }: { readonly times: boolean }): Record<string, unknown> {
  const { parties, phases, peakRssBytes, ...rest } = facts;
  return {
    ...rest,
    parties: times ? parties : parties.map((party) => ({ ...party, ms: null })),
    phases: times ? phases : phases.map((phase) => ({ ...phase, ms: null })),
    peakRssBytes: times ? peakRssBytes : null,
  };
}

/** @throws ProtocolError "refused" where the outcome is not the one the scenario expects */
export function requireTrained({ expected, outcome, reason }: TrainFacts): void {
  if (outcome === expected) return;
  const why = reason === null ? "" : `: ${reason}`;
  throw new ProtocolError("refused", `scenario: expected ${expected}, the training was ${outcome}${why}`);
}

function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(6);
}
