/**
 * The question rule (protocol.md, "Secure sum"): two opened sums of one question that differ by one or two boroughs
 * would show those boroughs' figures by subtraction. So a node that has signed for a cohort signs again only for the
 * same cohort, or for one second whose one-sided differences are each nothing or at least three boroughs; never a third.
 *
 * @param history the cohorts signed for so far, by party identifier, oldest first @param next the cohort asked for now
 */
export function decideQuestion(
  history: readonly (readonly string[])[],
  next: readonly string[],
): "first" | "same" | "second" | "refused" {
  const wanted = new Set(next);
  if (history.some((cohort) => isEqualSet(new Set(cohort), wanted))) return "same";
  const [first, second] = history;
  if (first === undefined) return "first";
  if (second !== undefined) return "refused";
  const signed = new Set(first);
  const apart = [countOutside(signed, wanted), countOutside(wanted, signed)];
  return apart.every((count) => count === 0 || count >= LEAST_DIFFERENCE) ? "second" : "refused";
}

/** A sum over fewer boroughs than this is never opened, so neither is a difference. */
const LEAST_DIFFERENCE = 3;

function countOutside(of: ReadonlySet<string>, set: ReadonlySet<string>): number {
  return [...of].filter((member) => !set.has(member)).length;
}

function isEqualSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && countOutside(a, b) === 0;
}
