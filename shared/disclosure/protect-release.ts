import { auditSplits, LEAST_INTEGERS } from "./audit.ts";
import { protectCount, type CountControls, type Protected } from "./protect-count.ts";

/** What openers have before them, for a moment in their memory: an opened sum, pairs' figures, or both. */
export interface OpenedFigures {
  /** Null without a sum. */
  readonly total: number | null;
  readonly table: {
    readonly left: number;
    readonly right: number;
    readonly triangular: boolean;
    readonly cells: readonly number[];
  } | null;
  /** One a pair, protected by its matcher already; null where the charter asks for none. They add up to the total. */
  readonly pairs: readonly Protected[] | null;
  /** How many owners will know their own pairs exactly, by own-side lists; 0 where none follow. */
  readonly ownersWithLists: number;
}

export interface ProtectedRelease {
  readonly total: Protected | null;
  readonly table: {
    readonly left: number;
    readonly right: number;
    readonly triangular: boolean;
    readonly cells: Protected[];
  } | null;
}

/**
 * What openers publish: every cell and the total protected, then everything together looked at as a reader would.
 * Refused where a withheld figure could still be worked out, or where so much of the table is withheld that it says
 * little but what is small.
 */
export function protectRelease(
  { total, table, pairs, ownersWithLists }: OpenedFigures,
  controls: CountControls,
): { readonly result: ProtectedRelease } | { readonly refused: string } {
  const shown = total === null ? null : protectCount(total, controls);
  const cells = table === null ? null : table.cells.map((cell) => protectCount(cell, controls));
  if (cells !== null && cells.filter((cell) => cell === "c").length * 2 > cells.length) {
    return { refused: "more than half of the cells are withheld: merge categories" };
  }
  // Of three, each takes its own two pairs from the total and has the third, to within the rounding.
  const isLaidBare = ownersWithLists === 3 && total !== null && pairs?.includes("c") !== false;
  if (isLaidBare) {
    return { refused: "own-side lists and the total would show a small pair of others: publish pairs, or no total" };
  }
  const splits = [cells, pairs].filter((split) => split !== null);
  const fewest = auditSplits(shown, splits, controls);
  if (fewest !== null && fewest < LEAST_INTEGERS) {
    return {
      refused: "a withheld figure could be worked out from the others: merge categories or leave out an output",
    };
  }
  if (table === null || cells === null) return { result: { total: shown, table: null } };
  const { left, right, triangular } = table;
  return { result: { total: shown, table: { left, right, triangular, cells } } };
}
