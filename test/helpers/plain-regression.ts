/**
 * The simple twin: iteratively reweighted least squares on a matrix in memory, by Gaussian elimination, nothing else in
 * common with shared/learning.
 */
export function plainRegression(
  family: "logistic" | "linear" | "poisson",
  matrix: readonly (readonly number[])[],
  label: readonly number[],
  l2 = 0,
): { readonly coefficients: readonly number[]; readonly errors: readonly number[]; readonly deviance: number } {
  const size = matrix[0]!.length;
  const b = new Array<number>(size).fill(0);
  if (family === "poisson") b[0] = Math.log(label.reduce((sum, y) => sum + y, 0) / label.length);
  const meanOf = (eta: number) =>
    family === "linear" ? eta : family === "poisson" ? Math.exp(eta) : 1 / (1 + Math.exp(-eta));
  const means = () => matrix.map((row) => meanOf(row.reduce((sum, x, j) => sum + x * b[j]!, 0)));
  const weightOf = (mean: number) => (family === "linear" ? 1 : family === "poisson" ? mean : mean * (1 - mean));
  const information = () => {
    const at = means();
    return Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => {
        const sum = matrix.reduce((total, row, r) => total + row[i]! * row[j]! * weightOf(at[r]!), 0);
        return sum + (i === j && i > 0 ? l2 : 0);
      }),
    );
  };
  for (let step = 0; step < 50; step++) {
    const at = means();
    const score = b.map(
      (value, j) => matrix.reduce((sum, row, r) => sum + row[j]! * (label[r]! - at[r]!), 0) - (j > 0 ? l2 * value : 0),
    );
    const delta = eliminate(information(), score);
    delta.forEach((value, j) => (b[j]! += value));
    if (Math.max(...delta.map(Math.abs)) < 1e-13) break;
  }
  const at = means();
  const deviance = label.reduce((sum, y, r) => {
    const mean = at[r]!;
    if (family === "linear") return sum + (y - mean) ** 2;
    if (family === "poisson") return sum + 2 * ((y > 0 ? y * Math.log(y / mean) : 0) - (y - mean));
    return sum - 2 * Math.log(y > 0 ? mean : 1 - mean);
  }, 0);
  const dispersion = family === "linear" ? deviance / (label.length - size) : 1;
  const whole = information();
  const errors = b.map((_, j) =>
    Math.sqrt(
      dispersion *
        eliminate(
          whole,
          b.map((_, k) => (k === j ? 1 : 0)),
        )[j]!,
    ),
  );
  return { coefficients: b, errors, deviance };
}

function eliminate(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = right.length;
  for (let i = 0; i < size; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, at) => (Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? at + i : best), i);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (let k = 0; k < size; k++) {
      if (k === i) continue;
      const factor = rows[k]![i]! / rows[i]![i]!;
      for (let j = i; j <= size; j++) rows[k]![j]! -= factor * rows[i]![j]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}
