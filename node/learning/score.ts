import { ProtocolError } from "../../shared/base/errors.ts";
import { attributeReader, type Reading } from "../../shared/learning/attribute-values.ts";
import { featureTerm, meanOf, type OpenEquation } from "../../shared/learning/equation-terms.ts";
import { declarationOf, type Equation, type EquationFeature } from "../../shared/learning/published-model.ts";
import { readAttributes, type AttributeRow } from "../data/attributes.ts";
import type { Database } from "../data/database.ts";
import { requireDataset } from "../data/datasets.ts";
import { readReferences } from "../data/population.ts";
import { openEquation } from "./held-model.ts";

/**
 * A released model applied to a borough's own rows (protocol.md, "Learning": scores and lists never leave the node).
 * Reasons compare a row with the dataset's average row: what a feature adds to this row's linear predictor, less what
 * it adds on average over the rows that were scored. So they say why this row stands above the others here, and they
 * add up to its distance from the average; they do not say why the thing is so.
 */
export interface ScoredList {
  readonly rows: number;
  /** Rows without a score: the model has no answer to what is missing there. */
  readonly unscored: number;
  /** The highest first; among equals the earlier row. */
  readonly top: readonly ScoredRow[];
}

export interface ScoredRow {
  readonly rank: number;
  /** The borough's own, or null where it has none. */
  readonly reference: string | null;
  readonly row: number;
  /** A probability, a mean or a mean count, by the model's family. */
  readonly score: number;
  /** The largest first, whichever way they point. */
  readonly reasons: readonly Reason[];
}

export interface Reason {
  readonly feature: string;
  /** What stands there: a number, a code, yes, no or missing. */
  readonly value: string;
  /** Against the average row, on the scale of the linear predictor: log odds of a logistic model. */
  readonly amount: number;
}

const MOST_REASONS = 3;
/** What would be shown as 0.00 is no reason. */
const LEAST_REASON = 0.005;

/** @throws ProtocolError "not-found" without the dataset, "bad-input" naming the features of the model it lacks */
export function requireFeatures(db: Database, dataset: string, { features }: Equation): void {
  const { attributes } = requireDataset(db, dataset).columns;
  const absent = features.map(({ name }) => name).filter((name) => !attributes.includes(name));
  if (absent.length === 0) return;
  throw new ProtocolError("bad-input", `dataset ${dataset}: lacks what the model needs: ${absent.join(", ")}`, {
    hint: "add it under attributes in the mapping, and import again",
  });
}

/**
 * Reads the dataset once, and the listed rows once more; memory grows with `top` alone.
 * @throws ProtocolError as requireFeatures does
 */
export function scoreDataset(
  db: Database,
  { dataset, equation, top }: { readonly dataset: string; readonly equation: Equation; readonly top: number },
): ScoredList {
  requireFeatures(db, dataset, equation);
  const open = openEquation(equation);
  const features = equation.features.map((feature) => createScoredFeature(feature, open));
  const names = features.map(({ name }) => name);
  // One snapshot throughout, also where somebody imports meanwhile.
  const read = db.transaction((): ScoredList => {
    const attributes = readAttributes(db, dataset, names);
    const best = keepBest(top);
    const totals = new Float64Array(features.length);
    const added = new Float64Array(features.length);
    let rows = 0;
    let scored = 0;
    for (const page of attributes.pages()) {
      rows += page.length;
      for (const row of page) {
        const predictor = addUp(features, row, equation.intercept, added);
        if (Number.isNaN(predictor)) continue;
        scored++;
        for (let place = 0; place < added.length; place++) totals[place]! += added[place]!;
        best.offer(row[0], predictor);
      }
    }
    const averages = totals.map((total) => total / scored);
    const listed = best.rows();
    const references = readReferences(
      db,
      attributes.snapshot,
      listed.map(({ row }) => row),
    );
    return {
      rows,
      unscored: rows - scored,
      top: listed.map(({ row, predictor }, place) => ({
        rank: place + 1,
        reference: references[place]!,
        row,
        score: meanOf(equation.family, predictor),
        reasons: reasonsOf(features, attributes.row(row)!, averages),
      })),
    };
  });
  return read();
}

interface ScoredFeature {
  readonly name: string;
  read(text: string | null): Reading;
  /** To the linear predictor; NaN where the model says nothing of such a value. */
  add(reading: Reading): number;
  describe(reading: Reading): string;
}

function createScoredFeature(feature: EquationFeature, equation: OpenEquation): ScoredFeature {
  const declared = declarationOf(feature);
  const term = featureTerm(declared, equation);
  return {
    name: feature.name,
    read: attributeReader(declared),
    // What cannot be read is missing, here as in training.
    add: (reading) => term(typeof reading === "number" ? reading : NaN),
    describe(reading) {
      if (typeof reading !== "number") return "missing";
      if (feature.type === "category") return feature.codes[reading]!;
      return feature.type === "flag" ? (reading === 1 ? "yes" : "no") : String(reading);
    },
  };
}

/** The linear predictor, NaN without one; what each feature adds goes into `added`. */
function addUp(features: readonly ScoredFeature[], row: AttributeRow, intercept: number, added: Float64Array): number {
  let predictor = intercept;
  for (let place = 0; place < features.length; place++) {
    const feature = features[place]!;
    // The row's number stands first.
    const amount = feature.add(feature.read(row[place + 1] as string | null));
    added[place] = amount;
    predictor += amount;
  }
  return predictor;
}

/** Keeps the best `most` of what is offered, in memory for twice as many. Rows are offered in ascending order. */
function keepBest(most: number) {
  let kept: { row: number; predictor: number }[] = [];
  let threshold = -Infinity;
  const cut = () => {
    kept.sort((a, b) => b.predictor - a.predictor || a.row - b.row);
    kept = kept.slice(0, most);
    if (kept.length === most) threshold = kept.at(-1)!.predictor;
  };
  return {
    offer(row: number, predictor: number): void {
      if (predictor <= threshold) return;
      kept.push({ row, predictor });
      if (kept.length >= 2 * most) cut();
    },
    rows(): readonly { readonly row: number; readonly predictor: number }[] {
      cut();
      return kept;
    },
  };
}

function reasonsOf(features: readonly ScoredFeature[], row: AttributeRow, averages: Float64Array): Reason[] {
  return features
    .map((feature, place) => {
      const reading = feature.read(row[place + 1] as string | null);
      // Every listed row was scored.
      const amount = feature.add(reading) - averages[place]!;
      return { feature: feature.name, value: feature.describe(reading), amount };
    })
    .filter(({ amount }) => Math.abs(amount) >= LEAST_REASON)
    .sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount))
    .slice(0, MOST_REASONS);
}
