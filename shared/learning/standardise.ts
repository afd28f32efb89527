import type { Design, FeatureDesign } from "./design.ts";
import { LEAST_SCALE_BITS } from "./design.ts";
import type { FeatureSurvey, Moments, Survey } from "./survey.ts";
import { total } from "./survey.ts";
import type { Feature, LearningTask } from "./task.ts";

/**
 * From the survey to the public constants of a model: coarse enough to give no sum away (a scale is a power of two near
 * the standard deviation, a centre a multiple of a quarter of it), and disclosure control's merging of rare levels.
 * The exact standardisation is the openers' own, from the first fitting sum (standard-scale.ts).
 */
export interface Prepared {
  readonly design: Design;
  /** Levels that were pooled, and into what. */
  readonly merged: readonly { readonly feature: string; readonly levels: readonly string[]; readonly into: string }[];
  readonly dropped: readonly Dropped[];
}
export interface Dropped {
  /** A column, or a level that no row has. */
  readonly name: string;
  readonly why: "absent" | "constant" | "rare" | "collinear";
}

/** @param minimumLevelCount of task.controls */
export function prepareDesign(task: LearningTask, survey: Survey): Prepared {
  const merged: Prepared["merged"][number][] = [];
  const dropped: Dropped[] = [];
  const design = task.features.map((feature, index): FeatureDesign => {
    const own = survey.features[index]!;
    const isRare = (counts: readonly number[]) => Math.min(...counts) < task.controls.minimumLevelCount;
    if (feature.type === "category") return categoryDesign(feature, own, isRare, merged, dropped);
    const missing = task.missing === "indicator" && total(own.missing) > 0;
    const allMissing = total(own.missing) === survey.rows;
    const indicator = missing && !allMissing && !isRare(own.missing);
    if (missing && !indicator) dropped.push({ name: `${feature.name}_missing`, why: allMissing ? "constant" : "rare" });
    if (feature.type === "flag") {
      const [no, yes] = own.levels as [readonly number[], readonly number[]];
      const isConstant = total(no) + total(own.missing) === 0 || total(yes) === 0;
      const value = !isConstant && !isRare(no) && !isRare(yes);
      if (!value) dropped.push({ name: feature.name, why: isConstant ? "constant" : "rare" });
      return { kind: "flag", value, missing: indicator };
    }
    const scale = workingScale(own.moments);
    if (scale === null) dropped.push({ name: feature.name, why: "constant" });
    return { kind: "number", value: scale !== null, ...(scale ?? { centre: 0, scale: 1 }), missing: indicator };
  });
  return { design, merged, dropped };
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
 * Rare levels become `other`; where they are rare even together they join the reference; a reference that is rare takes
 * the least of the other columns until it is not. A missing value is a level like another, where it has an indicator.
 */
function categoryDesign(
  feature: Feature & { type: "category" },
  own: FeatureSurvey,
  isRare: (counts: readonly number[]) => boolean,
  merged: Prepared["merged"][number][],
  dropped: Dropped[],
): FeatureDesign {
  const all = [
    ...feature.codes.map((code, place) => ({ code, place, counts: own.levels[place]! })),
    { code: "missing", place: feature.codes.length, counts: own.missing },
  ];
  type Level = (typeof all)[number];
  const present = all.filter(({ counts }) => total(counts) > 0);
  for (const { code, place } of all) {
    const isAbsent = !present.some((level) => level.place === place);
    if (isAbsent && place < feature.codes.length) dropped.push({ name: `${feature.name}_${code}`, why: "absent" });
  }
  const sum = (levels: readonly Level[]) => own.missing.map((_, at) => total(levels.map(({ counts }) => counts[at]!)));
  const least = (levels: readonly Level[]) => Math.min(...sum(levels));

  // The first level that is there, codes before "missing".
  const reference = present.slice(0, 1);
  let columns: Level[][] = [];
  let others: Level[] = [];
  for (const level of present.slice(1)) {
    if (isRare(level.counts)) others.push(level);
    else columns.push([level]);
  }
  if (others.length > 0 && (isRare(sum(others)) || isRare(sum(reference)))) {
    reference.push(...others);
    others = [];
  }
  while (columns.length > 0 && isRare(sum(reference))) {
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
  if (columns.length === 0) dropped.push({ name: feature.name, why: reference.length > 1 ? "rare" : "constant" });
  const columnOf = (place: number) => columns.findIndex((column) => column.some((level) => level.place === place)) + 1;
  return {
    kind: "category",
    levels: feature.codes.map((_, place) => columnOf(place)),
    missing: columnOf(feature.codes.length),
    other: others.length > 0 ? columns.length : 0,
  };
}
