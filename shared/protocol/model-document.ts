import { bytesToHex } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { parsePublishedModel, SCORE_NOTICE, type PublishedModel } from "../learning/published-model.ts";
import type { TrainCharter } from "./charter.ts";
import { groupFigures, metricFigures } from "./evaluation-figures.ts";
import type { JobSpec } from "./job.ts";
import type { ProtectedResult } from "./round-messages.ts";

/**
 * From a released model to the document that boroughs keep and score with: the equation as two openers signed it, and a
 * card whose words are the charter's. Every node makes the same bytes, so one digest names the model everywhere.
 * @throws ProtocolError "malformed" where the result is no model of that charter
 */
export function modelDocument(
  charter: TrainCharter,
  job: JobSpec,
  { members, result }: ProtectedResult,
): PublishedModel {
  const { model, family } = result as unknown as { model?: ReleasedEquation; family?: unknown };
  if (model === undefined) throw new ProtocolError("malformed", "released model: model is missing");
  const { operation, dataset, controls, retention } = charter;
  const merged = new Map(model.merged.map(({ feature, codes }) => [feature, codes]));
  const { label } = operation;
  // When the last sum began, by the coordinator's clock as every node has it in its job.
  const createdMs = job.deadlines.keysMs - Math.round(charter.deadlines.stepMinutes * 60_000);
  return parsePublishedModel({
    format: "portmoot/model/v1",
    version: charter.version,
    charter: { id: charter.id, version: charter.version, digest: bytesToHex(job.charter) },
    round: bytesToHex(job.round),
    steps: job.attempt,
    participants: members.length,
    created: day(createdMs),
    expires: day(createdMs + retention.modelDays * 86_400_000),
    notForRelease: controls.notForRelease === true,
    card: {
      purpose: charter.purpose,
      trainingPeriod: `as the boroughs held the rows on ${day(createdMs)}`,
      metrics: metricFigures(result),
      groups: groupFigures(result),
      limits: [
        "It was learned from past decisions and repeats what was uneven in them.",
        `It knows ${dataset.unit} rows like those it was learned from, and no others.`,
        "A high score is no finding: look at the case.",
      ],
      notice: SCORE_NOTICE,
    },
    equation: {
      family,
      intercept: model.intercept,
      features: operation.features.map((name) => {
        const attribute = dataset.attributes[name]!;
        return attribute.type === "category"
          ? { ...attribute, name, merged: merged.get(name) ?? [] }
          : { ...attribute, name };
      }),
      coefficients: model.coefficients,
      missing: operation.missing,
      label: {
        attribute: label.attribute,
        description: label.positive === undefined ? label.attribute : `${label.attribute} ${label.positive}`,
      },
      digits: controls.publicDigits,
    },
  });
}

interface ReleasedEquation {
  readonly intercept: number;
  readonly coefficients: readonly unknown[];
  readonly merged: readonly { readonly feature: string; readonly codes: readonly string[] }[];
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
