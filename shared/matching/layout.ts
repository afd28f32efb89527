/**
 * Which word of the secure sum means what. `total` is word 0; a table follows row by row. With one population the pair
 * (A, B) is (B, A), so cells (i, j) and (j, i) are one and only i ≤ j stands there. Pairs' own figures are in no sum.
 */
export interface SumLayout {
  readonly words: number;
  readonly total: 0;
  readonly table: TableLayout | null;
}

export interface TableLayout {
  readonly offset: 1;
  readonly left: number;
  readonly right: number;
  readonly triangular: boolean;
}

export function sumLayout(options: {
  readonly outputs: readonly string[];
  readonly populations: "one" | "left-right";
  readonly labels: { readonly left: number; readonly right: number } | null;
}): SumLayout {
  const { labels } = options;
  if (!options.outputs.includes("total")) return { words: 0, total: 0, table: null };
  if (labels === null || !options.outputs.includes("table")) return { words: 1, total: 0, table: null };
  const triangular = options.populations === "one";
  const cells = triangular ? (labels.left * (labels.left + 1)) / 2 : labels.left * labels.right;
  return { words: 1 + cells, total: 0, table: { offset: 1, ...labels, triangular } };
}

/** The word of cell (i, j). */
export function cellIndex({ offset, left, right, triangular }: TableLayout, i: number, j: number): number {
  if (!triangular) return offset + i * right + j;
  const [low, high] = i <= j ? [i, j] : [j, i];
  return offset + low * left - (low * (low - 1)) / 2 + (high - low);
}
