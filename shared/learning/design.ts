import { z } from "zod";
import { ProtocolError } from "../base/errors.ts";
import { MAX_MODEL_COLUMNS } from "../base/limits.ts";
import type { Feature, LearningTask } from "./task.ts";

/**
 * Which columns the features come to, and on which working scale numbers enter a sum: part of the public state, so the
 * coordinator sees it. It holds only coarse constants (a power of two near the standard deviation, a centre to a quarter
 * of it) and which levels were merged or left out, never a count. Flags and levels enter as 0 and 1.
 */
export type FeatureDesign =
  /** x = ((value − least)/(most − least) − centre)/scale; `value` is false where the column was left out. */
  | {
      readonly kind: "number";
      readonly value: boolean;
      readonly centre: number;
      readonly scale: number;
      readonly missing: boolean;
    }
  | { readonly kind: "flag"; readonly value: boolean; readonly missing: boolean }
  /**
   * By code the column within the feature, from 1; 0 is the reference. `missing` likewise. `other` is the column of
   * the merged levels, 0 where there is none.
   */
  | { readonly kind: "category"; readonly levels: readonly number[]; readonly missing: number; readonly other: number };

export type Design = readonly FeatureDesign[];

/** A column beside the intercept. */
export interface Column {
  readonly name: string;
  /** Place in the task's features. */
  readonly feature: number;
  /** "number" has a working scale; the others are 0 or 1. */
  readonly kind: "number" | "level" | "missing";
  readonly centre: number;
  readonly scale: number;
}

/** The least working scale: a number that varies less within its declared range cannot be summed exactly enough. */
export const LEAST_SCALE_BITS = 16;

const powerOfTwo = z
  .number()
  .min(2 ** -LEAST_SCALE_BITS)
  .max(1)
  .refine((scale) => Number.isInteger(Math.log2(scale)), "not a power of two");
const centreOf = ({ centre, scale }: { centre: number; scale: number }) => Number.isInteger((centre / scale) * 4);
const place = z.number().int().min(0).max(MAX_MODEL_COLUMNS);

/** A working centre and scale within [0, 1]. */
export const workingScaleShape = z
  .strictObject({ centre: z.number().min(0).max(1), scale: powerOfTwo })
  .refine(centreOf, "the centre is no multiple of a quarter of the scale");

export const designShape: z.ZodType<Design> = z
  .array(
    z.discriminatedUnion("kind", [
      z
        .strictObject({
          kind: z.literal("number"),
          value: z.boolean(),
          centre: z.number().min(0).max(1),
          scale: powerOfTwo,
          missing: z.boolean(),
        })
        .refine(centreOf, "the centre is no multiple of a quarter of the scale"),
      z.strictObject({ kind: z.literal("flag"), value: z.boolean(), missing: z.boolean() }),
      z.strictObject({ kind: z.literal("category"), levels: z.array(place), missing: place, other: place }),
    ]),
  )
  .max(MAX_MODEL_COLUMNS);

/**
 * Attacker-controlled: a design of the right shape may still be another task's.
 * @throws ProtocolError "integrity" naming the feature
 */
export function checkDesign(task: LearningTask, design: Design): void {
  if (design.length !== task.features.length) throw bad("it has another number of features");
  task.features.forEach((feature, index) => {
    const own = design[index]!;
    if (own.kind !== feature.type) throw bad(`feature ${feature.name} has another type`);
    const missing = own.kind === "category" ? own.missing > 0 : own.missing;
    if (missing && task.missing !== "indicator") throw bad(`feature ${feature.name} has an indicator`);
    if (own.kind !== "category" || feature.type !== "category") return;
    if (own.levels.length !== feature.codes.length) throw bad(`feature ${feature.name} has other codes`);
    // Every column from 1 up is somebody's, so that no column is empty.
    const used = new Set([...own.levels, own.missing].filter((column) => column > 0));
    if (Math.max(0, ...used) !== used.size) throw bad(`feature ${feature.name} skips a column`);
    if (own.other > 0 && !used.has(own.other)) throw bad(`feature ${feature.name} merges nothing`);
  });
  if (designColumns(task, design).length + 1 > MAX_MODEL_COLUMNS) throw bad("it has too many columns");
}

/** The columns after the intercept, in the order of the coefficients. */
export function designColumns(task: LearningTask, design: Design): Column[] {
  return task.features.flatMap((feature, index) => {
    const own = design[index]!;
    const column = (name: string, kind: Column["kind"], centre = 0, scale = 1): Column[] => [
      { name, feature: index, kind, centre, scale },
    ];
    if (own.kind === "category") return columnNames(feature, own).flatMap((name) => column(name, "level"));
    const { centre, scale } = own.kind === "number" ? own : { centre: 0, scale: 1 };
    const kind = own.kind === "number" ? "number" : "level";
    return [
      ...(own.value ? column(feature.name, kind, centre, scale) : []),
      ...(own.missing ? column(`${feature.name}_missing`, "missing") : []),
    ];
  });
}

function columnNames(feature: Feature, { levels, missing, other }: FeatureDesign & { kind: "category" }): string[] {
  const codes = feature.type === "category" ? feature.codes : [];
  return Array.from({ length: Math.max(0, missing, ...levels) }, (_, index) => {
    const column = index + 1;
    if (column === other) return `${feature.name}_other`;
    const code = codes[levels.indexOf(column)];
    return code === undefined ? `${feature.name}_missing` : `${feature.name}_${code}`;
  });
}

/** Columns of every feature: what follows a feature's first starts where the features before it end. */
export function columnCounts(design: Design): number[] {
  return design.map((own) =>
    own.kind === "category" ? Math.max(0, own.missing, ...own.levels) : Number(own.value) + Number(own.missing),
  );
}

/** Without the columns of those places (from 0, the intercept not counted): their coefficient is zero. */
export function withoutColumns(design: Design, places: ReadonlySet<number>): Design {
  const counts = columnCounts(design);
  let first = 0;
  return design.map((own, index): FeatureDesign => {
    const start = first;
    first += counts[index]!;
    const isKept = (column: number) => !places.has(start + column - 1);
    if (own.kind !== "category") {
      const value = own.value && isKept(1);
      return { ...own, value, missing: own.missing && isKept(Number(own.value) + 1) };
    }
    const kept = Array.from({ length: counts[index]! }, (_, place) => place + 1).filter(isKept);
    const renumbered = (column: number) => kept.indexOf(column) + 1;
    return {
      kind: "category",
      levels: own.levels.map(renumbered),
      missing: renumbered(own.missing),
      other: renumbered(own.other),
    };
  });
}

/** How many binary places before the point a column's values take: |x| ≤ 2^bits. */
export function columnBits({ kind, centre, scale }: Column): number {
  return kind === "number" ? workingBits({ centre, scale }) : 0;
}

export function workingBits({ centre, scale }: { readonly centre: number; readonly scale: number }): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(centre, 1 - centre) / scale)));
}

function bad(what: string): ProtocolError {
  return new ProtocolError("integrity", `model state: ${what}`);
}
