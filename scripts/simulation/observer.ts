import { assert } from "../../shared/base/errors.ts";
import type { MatchObserver } from "../../node/round/round-node.ts";
import type { Pair } from "../../shared/protocol/job.ts";

/** A match as only the simulator sees it: source rows of both boroughs, from 1, and the key that agreed. */
export interface ObservedMatch {
  /** Charter positions. */
  readonly left: number;
  readonly right: number;
  readonly leftRow: number;
  readonly rightRow: number;
  readonly key: number;
}

/**
 * Puts together what the parties of a match saw apart: the owners' orders, the re-maskers' orders, the matcher's pairs.
 * A match of lists made anew replaces the one before. Orders go as soon as their pair is matched: a hundred megabytes for
 * a million people in 33 boroughs.
 */
export function createObserver(): MatchObserver & { matches(): ObservedMatch[] } {
  const listed = new Map<string, Uint32Array>();
  const passedOn = new Map<string, Uint32Array>();
  const matched = new Map<string, ObservedMatch[]>();
  const sourceRow = (pair: Pair, owner: number, place: number): number => {
    const name = `${pair.join("-")} ${owner}`;
    const row = listed.get(name)?.[passedOn.get(name)?.[place] ?? place];
    assert(row !== undefined, "a matched row stands in its owner's list");
    return row;
  };
  return {
    listed: (pair, owner, rows) => void listed.set(`${pair.join("-")} ${owner}`, rows),
    passedOn: (pair, owner, order) => void passedOn.set(`${pair.join("-")} ${owner}`, order.slice()),
    matched(pair, { left, right, key }) {
      const name = pair.join("-");
      const orders = pair.map((owner) => `${name} ${owner}`);
      // The same lists once more, after a matcher's kill: the same matches.
      if (matched.has(name) && orders.every((order) => !listed.has(order))) return;
      const matches = Array.from(left, (place, index) => ({
        left: pair[0],
        right: pair[1],
        leftRow: sourceRow(pair, pair[0], place),
        rightRow: sourceRow(pair, pair[1], right[index]!),
        key: key[index]!,
      }));
      matched.set(name, matches);
      for (const order of orders) {
        listed.delete(order);
        passedOn.delete(order);
      }
    },
    matches: () => [...matched.values()].flat(),
  };
}
