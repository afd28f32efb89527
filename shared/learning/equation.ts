import type { ValueMap } from "../base/encoding.ts";
import { columnCounts } from "./design.ts";
import type { ModelState } from "./newton-state.ts";
import { missingValue } from "./standard-scale.ts";
import type { LearningTask } from "./task.ts";

/**
 * A model as a node scores with it, in the features' own units: what is added to the intercept. `value`, the estimate
 * times the number or the flag; `level`, where the category has that code; `merged`, where it has one of the merged
 * codes; `missing`, where there is no value, instead of anything else of that feature. What has no coefficient adds
 * nothing: a reference level and what joined it, a column that was left out.
 * @param natural coefficients on the natural scale, intercept first @param digits rounds what is shown
 */
export function modelEquation(
  task: LearningTask,
  state: ModelState,
  natural: readonly number[],
  digits: (value: number) => number,
): ValueMap {
  const counts = columnCounts(state.design);
  const merged: ValueMap[] = [];
  const coefficients = task.features.flatMap((feature, index): ValueMap[] => {
    const first = 1 + counts.slice(0, index).reduce((sum, count) => sum + count, 0);
    const own = state.design[index]!;
    const add = (of: string, level: string | null, estimate: number): ValueMap[] => [
      { feature: feature.name, of, level, estimate: digits(estimate) },
    ];
    // Column 0 is the reference.
    const at = (column: number) => (column === 0 ? 0 : natural[first + column - 1]!);
    if (own.kind !== "category") {
      const slope = own.value ? at(1) : 0;
      const missing = missingValue(task, state.design, index) * slope + (own.missing ? at(Number(own.value) + 1) : 0);
      return [
        ...(own.value ? add("value", null, slope) : []),
        ...(task.missing === "indicator" ? add("missing", null, missing) : []),
      ];
    }
    const codes = feature.type === "category" ? feature.codes : [];
    const others = codes.filter((_, place) => own.other > 0 && own.levels[place] === own.other);
    if (others.length > 0) merged.push({ feature: feature.name, codes: others });
    return [
      ...codes.flatMap((code, place) => {
        const column = own.levels[place]!;
        return column === 0 || column === own.other ? [] : add("level", code, at(column));
      }),
      ...(others.length > 0 ? add("merged", null, at(own.other)) : []),
      ...(task.missing === "indicator" ? add("missing", null, at(own.missing)) : []),
    ];
  });
  return { intercept: digits(natural[0]!), coefficients, merged };
}
