import { protectCount, type CountControls, type Protected } from "./protect-count.ts";

/**
 * What a matcher may tell of one pair (disclosure.md, "Intersection"). Each owner knows the size of its own set, so the
 * figure gives it |A∖B| or |B∖A| as well: where one of them is smaller than the least count, the figure says something
 * all but certain about everyone in that set, and is withheld as a small one is.
 *
 * @param common |A∩B| @param sizes |A| and |B|, what entered without padding, each at least `common`
 */
export function protectPairFigure(
  common: number,
  sizes: { readonly left: number; readonly right: number },
  controls: CountControls,
): Protected {
  const fewestOutside = Math.min(sizes.left, sizes.right) - common;
  return common > 0 && fewestOutside < controls.minimumCount ? "c" : protectCount(common, controls);
}
