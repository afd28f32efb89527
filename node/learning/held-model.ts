import { isDeepStrictEqual } from "node:util";
import { hexToBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { OpenEquation } from "../../shared/learning/equation-terms.ts";
import { declarationOf, type Equation } from "../../shared/learning/published-model.ts";
import { isMatch, isTraining, type Charter, type EvaluateCharter } from "../../shared/protocol/charter.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import type { Database } from "../data/database.ts";
import { createModelStore } from "../data/model-store.ts";

/**
 * The released model that a charter has judged. Only a model that is kept here is ever held against rows: an equation of
 * somebody's choice would be a question about single rows. It may have expired, which is a reason to judge it.
 * @throws ProtocolError "not-found" where it is not here, "bad-input" where the charter declares something else than it
 *   was learned from
 */
export function requireHeldModel(db: Database, charter: EvaluateCharter): Equation {
  const { operation } = charter;
  // The charter's shape has so many digits.
  const held = createModelStore(db).find(hexToBytes(operation.model)!);
  if (held === null) {
    throw new ProtocolError("not-found", `operation.model: ${operation.model.slice(0, 12)} is not here`, {
      hint: "portmoot node models add FILE --digest DIGEST, from a borough that trained",
    });
  }
  const { equation } = held.model;
  const { family, features } = learningTask(charter);
  if (family !== equation.family) throw unlike("operation.family", equation.family);
  const names = equation.features.map(({ name }) => name);
  if (names.join(" ") !== operation.features.join(" ")) throw unlike("operation.features", names.join(", "));
  for (const [place, feature] of equation.features.entries()) {
    if (!isDeepStrictEqual(declarationOf(feature), features[place])) {
      throw unlike(`dataset.attributes.${feature.name}`, "another range or other codes");
    }
  }
  return equation;
}

/** Why a charter cannot have its model judged here, and what to do; null where it can, or where it judges none. */
export function lackOf(db: Database, charter: Charter): string | null {
  if (isMatch(charter) || isTraining(charter)) return null;
  try {
    requireHeldModel(db, charter);
    return null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.hint === null ? error.message : `${error.message}: ${error.hint}`;
  }
}

/** As scoreByEquation takes it. */
export function openEquation({ intercept, coefficients, features }: Equation): OpenEquation {
  const merged = features.flatMap((feature) =>
    feature.type === "category" ? [{ feature: feature.name, codes: feature.merged }] : [],
  );
  return { intercept, coefficients, merged };
}

function unlike(field: string, model: string): ProtocolError {
  return new ProtocolError("bad-input", `${field}: is not as the model has it: ${model}`, {
    hint: "portmoot node models show MODEL",
  });
}
