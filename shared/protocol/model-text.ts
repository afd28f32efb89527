import { z } from "zod";
import { parseShape } from "../base/shape.ts";
import type { TrainCharter } from "./charter.ts";
import { metricFigures } from "./evaluation-figures.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released model in words. Two openers signed it, so it is read as anybody's input all the same. */
const text = z.string().max(200);
const figure = z.union([z.number().int().min(0), z.literal("c")]);
const coefficient = z.object({
  name: text,
  estimate: z.number(),
  se: z.number().optional(),
  z: z.number().optional(),
  p: z.number().optional(),
  robustSe: z.number().optional(),
});
const releasedModel = z.looseObject({
  family: z.enum(["logistic", "linear", "poisson"]),
  scale: z.enum(["standardised", "natural"]),
  coefficients: z.array(coefficient),
  members: z.number().int(),
  /** Newton steps, or rounds of local steps. */
  iterations: z.number().int().optional(),
  rounds: z.number().int().optional(),
  ridge: z.number().default(0),
  separated: z.boolean().default(false),
  merged: z.array(z.object({ feature: text, levels: z.array(text), into: text })),
  dropped: z.array(z.object({ name: text, why: text })),
  n: figure,
  positives: figure.nullable(),
  deviance: z.number().optional(),
  aic: z.number().optional(),
  warnings: z.array(text).default([]),
});
export type ReleasedModel = z.infer<typeof releasedModel>;

/** @throws ProtocolError "malformed" */
export function parseReleasedModel({ result }: ProtectedResult): ReleasedModel {
  return parseShape(releasedModel, result, "released model");
}

/** For people: withheld counts as [c]. */
export function modelText(charter: TrainCharter, model: ReleasedModel): string {
  const { operation, controls } = charter;
  const { family, members, n, positives, iterations, rounds, scale, coefficients } = model;
  const counted = positives === null ? `${shown(n)} rows` : `${shown(n)} rows, ${shown(positives)} positive`;
  return [
    ...(controls.notForRelease === true ? ["NOT FOR RELEASE: under the network's floors", ""] : []),
    `${family} model of ${operation.label.attribute}: ${members} boroughs, ${counted}, ${iterations ?? rounds ?? 0} ${iterations === undefined ? "rounds of local steps" : "steps"}`,
    `coefficients on the ${scale} scale, ${controls.publicDigits} significant figures`,
    "",
    ...coefficientLines(coefficients),
    ...fitLines(model),
    ...qualityLines(model),
    ...model.merged.map(({ feature, levels, into }) => `merged: ${feature} ${levels.join(", ")} into ${into}`),
    ...model.dropped.map(({ name, why }) => `left out: ${name}, ${REASONS[why] ?? why}`),
    ...(model.separated ? [`the label could be told without error: held by a ridge of ${model.ridge}`] : []),
    ...model.warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

const REASONS: Readonly<Record<string, string>> = {
  absent: "no row has it",
  constant: "the same in every row, or nearly so within its declared least and most",
  rare: "too few rows have it",
  "few-boroughs": "fewer than three boroughs have it",
  collinear: "it follows from the columns before it",
};

function coefficientLines(coefficients: ReleasedModel["coefficients"]): string[] {
  const width = Math.max(9, ...coefficients.map(({ name }) => name.length));
  const cell = (value: number | undefined) => (value === undefined ? "" : String(value)).padStart(12);
  const columns = (["estimate", "se", "z", "p", "robustSe"] as const).filter((column) =>
    coefficients.some((own) => own[column] !== undefined),
  );
  const heading = columns.map((column) => (column === "robustSe" ? "robust se" : column).padStart(12)).join("");
  return [
    `${" ".repeat(width)}${heading}`,
    ...coefficients.map((own) => `${own.name.padEnd(width)}${columns.map((column) => cell(own[column])).join("")}`),
  ];
}

function fitLines({ deviance, aic }: ReleasedModel): string[] {
  const parts = [
    ...(deviance === undefined ? [] : [`deviance ${deviance}`]),
    ...(aic === undefined ? [] : [`AIC ${aic}`]),
  ];
  return parts.length === 0 ? [] : ["", parts.join(", ")];
}

function qualityLines(model: ReleasedModel): string[] {
  const figures = metricFigures(model);
  return figures.length === 0 ? [] : ["", ...figures.map(({ name, figure: value }) => `${name}: ${value}`)];
}

function shown(value: number | "c"): string {
  return value === "c" ? "[c]" : String(value);
}
