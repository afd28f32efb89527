import { z } from "zod";
import { parseShape } from "../base/shape.ts";
import type { EvaluateCharter } from "./charter.ts";
import { groupFigures, metricFigures } from "./evaluation-figures.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released evaluation in words. Two openers signed it, so it is read as anybody's input all the same. */
const releasedEvaluation = z.looseObject({
  family: z.enum(["logistic", "linear", "poisson"]),
  members: z.number().int(),
  evaluation: z.looseObject({}),
});
export type ReleasedEvaluation = z.infer<typeof releasedEvaluation>;

/** @throws ProtocolError "malformed" */
export function parseReleasedEvaluation({ result }: ProtectedResult): ReleasedEvaluation {
  return parseShape(releasedEvaluation, result, "released evaluation");
}

/** For people: withheld counts as [c]. */
export function evaluationText(
  { operation, dataset, controls }: EvaluateCharter,
  released: ReleasedEvaluation,
): string {
  const { family, members } = released;
  return [
    ...(controls.notForRelease === true ? ["NOT FOR RELEASE: under the network's floors", ""] : []),
    `${family} model ${operation.model.slice(0, 12)} against ${operation.label.attribute} in ${dataset.name}: ${members} boroughs`,
    "",
    ...metricFigures(released).map(({ name, figure }) => `${name}: ${figure}`),
    ...groupFigures(released).map(({ group, name, figure }) => `${group}: ${name} ${figure}`),
  ].join("\n");
}
