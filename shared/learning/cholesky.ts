/**
 * Symmetric positive definite systems, by the upper triangle row by row (a matrix of p columns in p(p + 1)/2 figures).
 * The matrix is scaled to a unit diagonal first, so that a pivot says how much of a column the ones before it leave
 * unexplained, whatever the columns' units. Only + − × ÷ and square roots: every opener comes to the same bits.
 */
export interface Factor {
  readonly size: number;
  /** Lower triangle of the scaled matrix, row by row, in full rows. */
  readonly lower: Float64Array;
  readonly scales: Float64Array;
}

/** Place of (row, column), row ≤ column, in an upper triangle. */
export function triangleIndex(size: number, row: number, column: number): number {
  return row * size - (row * (row - 1)) / 2 + (column - row);
}

export function triangleLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/**
 * @param leastPivot of the scaled matrix: below it, a column is a combination of the columns before it
 * @returns the factor, or the place of the first such column
 */
export function factorise(
  upper: Float64Array,
  size: number,
  leastPivot: number,
): { readonly kind: "factor"; readonly factor: Factor } | { readonly kind: "dependent"; readonly column: number } {
  const scales = new Float64Array(size);
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const diagonal = upper[triangleIndex(size, row, row)]!;
    if (!(diagonal > 0)) return { kind: "dependent", column: row };
    scales[row] = 1 / Math.sqrt(diagonal);
    for (let column = 0; column <= row; column++) {
      let rest = upper[triangleIndex(size, column, row)]! * scales[row]! * scales[column]!;
      for (let at = 0; at < column; at++) rest -= lower[row * size + at]! * lower[column * size + at]!;
      if (column < row) lower[row * size + column] = rest / lower[column * size + column]!;
      else if (rest > leastPivot) lower[row * size + row] = Math.sqrt(rest);
      else return { kind: "dependent", column: row };
    }
  }
  return { kind: "factor", factor: { size, lower, scales } };
}

/** x of A·x = right. */
export function solve({ size, lower, scales }: Factor, right: Float64Array): Float64Array {
  const x = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let rest = right[row]! * scales[row]!;
    for (let at = 0; at < row; at++) rest -= lower[row * size + at]! * x[at]!;
    x[row] = rest / lower[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let rest = x[row]!;
    for (let at = row + 1; at < size; at++) rest -= lower[at * size + row]! * x[at]!;
    x[row] = rest / lower[row * size + row]!;
  }
  return x.map((value, row) => value * scales[row]!);
}

/** The inverse, in full rows. */
export function invert(factor: Factor): Float64Array {
  const { size } = factor;
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    solve(factor, unit).forEach((value, row) => (inverse[row * size + column] = value));
  }
  return inverse;
}
