import type { StatementVerifier } from "../base/statement.ts";

/**
 * The secure sum of Bonawitz et al., "Practical Secure Aggregation" (CCS 2017), figure 4, in the variant against a
 * lying server: everything is signed under J*, and t is a constant of the charter. Graph: complete. Ring: Z_2^64.
 *
 * shared/aggregation holds only step functions: values in, canonical bytes out. node/round and coordinator/rounds
 * drive them; a test drives them as an adversary would.
 */
export interface SumContext {
  /** J*, 32 bytes. */
  readonly jobKey: Uint8Array;
  /** U1: charter positions of the owners that take part, ascending. */
  readonly owners: readonly number[];
  /** Charter positions of the openers, ascending; an opener may be an owner too. */
  readonly openers: readonly number[];
  /** t = quorum(N) for the charter's N owners, however many take part. */
  readonly threshold: number;
  /** Never below three. */
  readonly minimumContributors: number;
  /** True in a match: whoever is named in U2 must deliver, U3 = U2. */
  readonly wholeCohort: boolean;
  /** Coordinates of the sum. */
  readonly words: number;
  /** Public X25519 keys of U1 by charter position. */
  readonly maskKeys: ReadonlyMap<number, Uint8Array>;
  /** Public X25519 keys of owners and openers by charter position. */
  readonly envelopeKeys: ReadonlyMap<number, Uint8Array>;
  readonly verifier: StatementVerifier;
}

/** What one owner draws afresh for one attempt, 32 bytes each, and erases at its end. */
export interface SumSecrets {
  readonly self: number;
  readonly maskSecret: Uint8Array;
  readonly envelopeSecret: Uint8Array;
  /** b: shared out, and given back by t of the others where this node delivered. */
  readonly selfMask: Uint8Array;
  /** r: sealed to each opener. */
  readonly resultMask: Uint8Array;
}

/** t = ⌊2N/3⌋ + 1: two quorums overlap in more than a third, so a lying server cannot serve two stories. */
export function quorum(owners: number): number {
  return Math.floor((2 * owners) / 3) + 1;
}

/** The least size of any cohort that may be opened (Promise 5). */
export function leastCohort({ threshold, minimumContributors }: SumContext): number {
  return Math.max(threshold, minimumContributors, 3);
}
