import type { Design, FeatureDesign } from "./design.ts";
import { LEAST_SCALE_BITS } from "./design.ts";
import type { FeatureSurvey, Group, Moments, Survey } from "./survey.ts";
import { total } from "./survey.ts";
import type { Feature, LearningTask } from "./task.ts";

/**
 * From the survey to the public constants of a model: coarse enough to give no sum away (a scale is a power of two near
 * the standard deviation, a centre a multiple of a quarter of it), and disclosure control's merging of levels that few
 * rows or few boroughs have. The exact standardisation is the openers' own, from the first fitting sum
 * (standard-scale.ts).
 */

/**
 * Coefficients are public. One of a level that one borough alone has would be that borough's own figure, which stays at
 * home as its intercept does; where two have it, each knows the other's. What a number's values are is not asked.
 */
const LEAST_HOLDERS = 3;

export interface Prepared {
  readonly design: Design;
  /** Levels that were pooled, and into what. */
  readonly merged: readonly { readonly feature: string; readonly levels: readonly string[]; readonly into: string }[];
  readonly dropped: readonly Dropped[];
}
export interface Dropped {
  /** A column, or a level that no row has. */
  readonly name: string;
  readonly why: "absent" | "constant" | "collinear" | TooFew;
}
/** Rows with either label, or boroughs. */
type TooFew = "rare" | "few-boroughs";
/** Of groups together: why they may not have a coefficient of their own, or null. */
type Judge = (groups: readonly Group[]) => TooFew | null;

/** @param survey as read of a sum over boroughs: pooled rows have one holder (task.controls.minimumHolders) */
export function prepareDesign(task: LearningTask, survey: Survey): Prepared {
  const merged: Prepared["merged"][number][] = [];
  const dropped: Dropped[] = [];
  const judge = judgeBy(task);
  const design = task.features.map((feature, index): FeatureDesign => {
    const own = survey.features[index]!;
    if (feature.type === "category") return categoryDesign(feature, own, judge, merged, dropped);
    const { levels, missing, moments } = own;
    const hasMissing = task.missing === "indicator" && total(missing.counts) > 0;
    const allMissing = total(missing.counts) === survey.rows;
    // Beside its indicator the rows that have a value are a group too.
    const noIndicator = allMissing ? "constant" : (judge([missing]) ?? judge(levels));
    const indicator = hasMissing && noIndicator === null;
    if (hasMissing && noIndicator !== null) dropped.push({ name: `${feature.name}_missing`, why: noIndicator });
    if (feature.type === "flag") {
      const [no, yes] = levels as [Group, Group];
      const isConstant = total(no.counts) + total(missing.counts) === 0 || total(yes.counts) === 0;
      const noValue = isConstant ? "constant" : (judge([no]) ?? judge([yes]));
      if (noValue !== null) dropped.push({ name: feature.name, why: noValue });
      return { kind: "flag", value: noValue === null, missing: indicator };
    }
    const scale = workingScale(moments);
    // Where it is missing nowhere it singles nobody out.
    const noValue = scale === null ? "constant" : hasMissing ? judge(levels) : null;
    if (noValue !== null) dropped.push({ name: feature.name, why: noValue });
    const constants = noValue === null ? scale : null;
    return { kind: "number", value: noValue === null, ...(constants ?? { centre: 0, scale: 1 }), missing: indicator };
  });
  return { design, merged, dropped };
}

function judgeBy({ family, controls: { minimumLevelCount, notForRelease, minimumHolders } }: LearningTask): Judge {
  const leastHolders = minimumHolders ?? (notForRelease === true ? 0 : LEAST_HOLDERS);
  return (groups) => {
    const counts = countsOf(groups);
    // A count needs rows, and some above 0; none of them need be 0.
    const needed = family === "poisson" ? [total(counts), counts[1]!] : counts;
    if (Math.min(...needed) < minimumLevelCount) return "rare";
    // How many boroughs hold one or the other is not in the sums; those of the most widely held do at least.
    const holders = Math.max(...groups.map((group) => group.holders));
    return holders >= leastHolders ? null : "few-boroughs";
  };
}

/** Of groups together, by class. */
function countsOf(groups: readonly Group[]): number[] {
  return groups[0]!.counts.map((_, at) => total(groups.map(({ counts }) => counts[at]!)));
}

/** Null where a number varies less than a sum could tell, within its declared range. */
export function workingScale({ mean, variance }: Moments): { centre: number; scale: number } | null {
  const bits = Math.round(-0.5 * Math.log2(variance));
  // Rounding to the grid alone gives a constant a variance of up to 2^-32.
  if (!(variance > 2 ** -31) || bits > LEAST_SCALE_BITS) return null;
  const scale = 2 ** -bits;
  return { centre: (Math.round((mean / scale) * 4) * scale) / 4, scale };
}

/**
 * Levels of too few become `other`; where those are too few even together they join the reference; a reference of too few
 * takes the least of the other columns until it is not. A missing value is a level like another, where it has an
 * indicator.
 */
function categoryDesign(
  feature: Feature & { type: "category" },
  own: FeatureSurvey,
  judge: Judge,
  merged: Prepared["merged"][number][],
  dropped: Dropped[],
): FeatureDesign {
  const all = [
    ...feature.codes.map((code, place) => ({ code, place, ...own.levels[place]! })),
    { code: "missing", place: feature.codes.length, ...own.missing },
  ];
  type Level = (typeof all)[number];
  const present = all.filter(({ counts }) => total(counts) > 0);
  for (const { code, place } of all) {
    const isAbsent = !present.some((level) => level.place === place);
    if (isAbsent && place < feature.codes.length) dropped.push({ name: `${feature.name}_${code}`, why: "absent" });
  }
  const isFew = (levels: readonly Level[]) => judge(levels) !== null;
  const least = (levels: readonly Level[]) => Math.min(...countsOf(levels));

  // The first level that is there, codes before "missing".
  const reference = present.slice(0, 1);
  let columns: Level[][] = [];
  let others: Level[] = [];
  for (const level of present.slice(1)) {
    if (isFew([level])) others.push(level);
    else columns.push([level]);
  }
  if (others.length > 0 && (isFew(others) || isFew(reference))) {
    reference.push(...others);
    others = [];
  }
  while (columns.length > 0 && isFew(reference)) {
    const smallest = columns.reduce((a, b) => (least(b) < least(a) ? b : a));
    reference.push(...smallest);
    columns = columns.filter((column) => column !== smallest);
  }
  if (others.length > 0) columns.push(others);

  const name = (level: Level) => level.code;
  if (others.length > 0) merged.push({ feature: feature.name, levels: others.map(name), into: "other" });
  if (reference.length > 1) {
    merged.push({ feature: feature.name, levels: reference.slice(1).map(name), into: reference[0]!.code });
  }
  if (columns.length === 0) {
    const few = present.some((level) => judge([level]) === "rare") ? "rare" : "few-boroughs";
    dropped.push({ name: feature.name, why: reference.length > 1 ? few : "constant" });
  }
  const columnOf = (place: number) => columns.findIndex((column) => column.some((level) => level.place === place)) + 1;
  return {
    kind: "category",
    levels: feature.codes.map((_, place) => columnOf(place)),
    missing: columnOf(feature.codes.length),
    other: others.length > 0 ? columns.length : 0,
  };
}
