import { auditTable, LEAST_INTEGERS } from "./audit.ts";
import { protectCount, type CountControls, type Protected } from "./protect-count.ts";

/** An opened sum, for a moment in an opener's memory. */
export interface OpenedSum {
  readonly total: number;
  readonly table: {
    readonly left: number;
    readonly right: number;
    readonly triangular: boolean;
    readonly cells: readonly number[];
  } | null;
}

export interface ProtectedRelease {
  readonly total: Protected;
  readonly table: {
    readonly left: number;
    readonly right: number;
    readonly triangular: boolean;
    readonly cells: Protected[];
  } | null;
}

/**
 * What openers publish of a sum: every cell and the total protected, then looked at as a reader would. Refused where a
 * withheld cell could still be worked out, or where so much is withheld that the table says little but what is small.
 */
export function protectRelease(
  sum: OpenedSum,
  controls: CountControls,
): { readonly result: ProtectedRelease } | { readonly refused: string } {
  const total = protectCount(sum.total, controls);
  if (sum.table === null) return { result: { total, table: null } };
  const { left, right, triangular } = sum.table;
  const cells = sum.table.cells.map((cell) => protectCount(cell, controls));
  const withheld = cells.filter((cell) => cell === "c").length;
  if (withheld * 2 > cells.length) return { refused: "more than half of the cells are withheld: merge categories" };
  const fewest = auditTable(total, cells, controls);
  if (fewest !== null && fewest < LEAST_INTEGERS) {
    return { refused: "a withheld cell could be worked out from the others: merge categories" };
  }
  return { result: { total, table: { left, right, triangular, cells } } };
}
