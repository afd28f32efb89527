import { sum, type LabelHistogram } from "./ranking.ts";

/**
 * Predicted against observed, from a histogram of scores by label with the sum of the scores in each bin. Groups are
 * whole bins, so their mean predicted probability is exact; only the slope is approximate, for it takes each row's
 * score to be its bin's mean.
 */
export interface ScoreHistogram extends LabelHistogram {
  /** Sum of the scores by bin. */
  readonly scores: readonly number[];
}

/** Neighbouring bins, from the lowest scores up. */
export interface CalibrationGroup {
  readonly [key: string]: number;
  readonly rows: number;
  readonly positives: number;
  /** Sum of the predicted probabilities. */
  readonly expected: number;
}

const GROUPS = 10;

/**
 * At most ten groups of about as many rows each, as far as whole bins allow.
 * @param least of each label in a group: 0 for deciles, more where a group is to be published. What is left over at the
 *   top joins the group beneath, so that fewer than `least` of a label in all leave a single group
 */
export function calibrationGroups({ negatives, positives, scores }: ScoreHistogram, least: number): CalibrationGroup[] {
  const size = (sum(negatives) + sum(positives)) / GROUPS;
  const groups: { rows: number; positives: number; expected: number }[] = [];
  let open = { rows: 0, positives: 0, expected: 0 };
  let seen = 0;
  for (const [bin, positive] of positives.entries()) {
    const rows = negatives[bin]! + positive;
    seen += rows;
    open = { rows: open.rows + rows, positives: open.positives + positive, expected: open.expected + scores[bin]! };
    const isEnough = open.rows > 0 && open.positives >= least && open.rows - open.positives >= least;
    if (isEnough && seen >= size * (groups.length + 1)) {
      groups.push(open);
      open = { rows: 0, positives: 0, expected: 0 };
    }
  }
  const last = groups.pop();
  if (last === undefined) return open.rows === 0 ? [] : [open];
  groups.push({
    rows: last.rows + open.rows,
    positives: last.positives + open.positives,
    expected: last.expected + open.expected,
  });
  return groups;
}

/** Mean predicted probability less the share of positives: above 0, the model promises too much. Null without rows. */
export function calibrationInTheLarge({ negatives, positives, scores }: ScoreHistogram): number | null {
  const rows = sum(negatives) + sum(positives);
  return rows === 0 ? null : (sum(scores) - sum(positives)) / rows;
}

const STEPS = 50;
const ENOUGH = 1e-10;
/** Beyond it the labels are all but separated by the score, and the slope runs away. */
const STEEPEST = 100;

/**
 * Cox's calibration slope: b of logit P(y = 1) = a + b·logit(score), by Newton's method with halved steps. 1 is right,
 * below 1 the scores are too extreme. Approximate: every row stands at its bin's mean score.
 * @returns null where it has no finite answer: a label missing, one score only, or labels parted by the score
 */
export function calibrationSlope({ negatives, positives, scores }: ScoreHistogram): number | null {
  const points = positives.flatMap((positive, bin) => {
    const rows = positive + negatives[bin]!;
    if (rows === 0) return [];
    // A score of exactly 0 or 1 has no logit; half a bin from the edge is as near as the histogram can say.
    const edge = 0.5 / positives.length;
    const mean = Math.min(1 - edge, Math.max(edge, scores[bin]! / rows));
    return [{ x: Math.log(mean / (1 - mean)), rows, positive }];
  });
  const rows = sum(points.map((point) => point.rows));
  const positive = sum(points.map((point) => point.positive));
  if (points.length < 2 || positive === 0 || positive === rows) return null;
  const likelihood = (a: number, b: number): number =>
    sum(points.map((point) => point.positive * (a + b * point.x) - point.rows * softplus(a + b * point.x)));

  let [a, b] = [Math.log(positive / (rows - positive)), 0];
  for (let step = 0; step < STEPS; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    for (const { x, rows: n, positive: y } of points) {
      const p = 1 / (1 + Math.exp(-(a + b * x)));
      const w = n * p * (1 - p);
      ga += y - n * p;
      gb += (y - n * p) * x;
      haa += w;
      hab += w * x;
      hbb += w * x * x;
    }
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) return null;
    let da = (hbb * ga - hab * gb) / determinant;
    let db = (haa * gb - hab * ga) / determinant;
    const before = likelihood(a, b);
    for (let halving = 0; halving < 30 && !(likelihood(a + da, b + db) >= before); halving++) {
      da /= 2;
      db /= 2;
    }
    a += da;
    b += db;
    if (Math.abs(b) > STEEPEST) return null;
    if (Math.max(Math.abs(da), Math.abs(db)) < ENOUGH) return b;
  }
  return null;
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
