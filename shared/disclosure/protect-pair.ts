import { ProtocolError } from "../base/errors.ts";
import { protectCount, type CountControls, type Protected } from "./protect-count.ts";

/** One number for each side of a pair. */
export interface BothSides {
  readonly left: number;
  readonly right: number;
}

/**
 * What a matcher may tell of one pair (disclosure.md, "Intersection"). Each owner knows the size of its own set, so the
 * figure gives it |A∖B| or |B∖A| as well: where one of them is smaller than the least count, the figure says something
 * all but certain about everyone in that set, and is withheld as a small one is.
 *
 * @param common |A∩B| @param sizes |A| and |B| as their owners say, what entered without padding
 * @param rows of the two padded lists
 * @throws ProtocolError "integrity" where a size cannot be: an owner that tells a wrong one could lay the other's bare
 */
export function protectPairFigure(
  common: number,
  { sizes, rows }: { readonly sizes: BothSides; readonly rows: BothSides },
  controls: CountControls,
): Protected {
  for (const side of ["left", "right"] as const) {
    if (sizes[side] < common || sizes[side] > rows[side]) {
      throw new ProtocolError("integrity", `pair size: the ${side} list has more rows, or fewer than have matched`);
    }
  }
  const fewestOutside = Math.min(sizes.left, sizes.right) - common;
  return common > 0 && fewestOutside < controls.minimumCount ? "c" : protectCount(common, controls);
}
