import { columnCounts, designColumns, type Design } from "./design.ts";
import type { ModelState } from "./newton-state.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * Rows as the columns of a model, on the working scale: intercept, then the features' columns in their order. A missing
 * number takes the centre (so 0), a missing flag or level 0, beside its indicator where there is one.
 */
export function columnMaker(
  task: LearningTask,
  { design }: Pick<ModelState, "design">,
): (rows: LearningRows, places: Int32Array, matrix: Float64Array) => void {
  const size = designColumns(task, design).length + 1;
  const counts = columnCounts(design);
  const makers = task.features.map((feature, index) => {
    const start = 1 + counts.slice(0, index).reduce((sum, count) => sum + count, 0);
    return featureMaker(feature, design[index]!, start, size);
  });
  return (rows, places, matrix) => {
    matrix.fill(0, 0, places.length * size);
    for (let at = 0; at < places.length; at++) matrix[at * size] = 1;
    makers.forEach((maker, index) => {
      maker(rows.features[index]!, places, matrix);
    });
  };
}

type Maker = (column: Float64Array, places: Int32Array, matrix: Float64Array) => void;

function featureMaker(
  feature: LearningTask["features"][number],
  own: Design[number],
  start: number,
  size: number,
): Maker {
  if (own.kind === "category") {
    return (column, places, matrix) => {
      for (let at = 0; at < places.length; at++) {
        const code = column[places[at]!]!;
        const level = Number.isNaN(code) ? own.missing : own.levels[code]!;
        if (level > 0) matrix[at * size + start + level - 1] = 1;
      }
    };
  }
  const missingAt = own.missing ? start + Number(own.value) : -1;
  const { least, most } = feature.type === "number" ? feature : { least: 0, most: 1 };
  const { centre, scale } = own.kind === "number" ? own : { centre: 0, scale: 1 };
  const range = most - least;
  return (column, places, matrix) => {
    for (let at = 0; at < places.length; at++) {
      const value = column[places[at]!]!;
      if (Number.isNaN(value)) {
        if (missingAt >= 0) matrix[at * size + missingAt] = 1;
      } else if (own.value) matrix[at * size + start] = ((value - least) / range - centre) / scale;
    }
  };
}
