import { MAX_ATTEMPTS } from "../base/limits.ts";
import type { Funnel, KeyFunnel } from "../matching/population.ts";
import { keySpace, type KeySpace } from "../matching/value-space.ts";
import { matchers, owners, type MatchCharter } from "./charter.ts";

/**
 * How guessable a charter's match keys are (THREAT_MODEL.md, "What is not protected"), for whoever must say whether
 * that is bearable. A tag hides a value only as well as there are too many values to try, and only from those who lack
 * the salt. Figures in, figures out: the machine's pace comes as an argument, and is asked for only where somebody
 * could guess offline. It never says that a key is safe; the words for people stand in exposure-text.ts.
 */
export interface CharterExposure {
  readonly charter: string;
  readonly version: number;
  readonly protocol: MatchCharter["operation"]["protocol"];
  readonly secrets: SecretHolders;
  /** Tags that one core of this machine computed in a second; null where nobody can guess offline. */
  readonly guessesPerSecond: number | null;
  /** Reckoned with, not measured. */
  readonly cardGuessesPerSecond: number;
  /** A list of everybody who might be meant, tried instead of all values, on one core; null as above. */
  readonly peopleListSeconds: number | null;
  /** Invented values that one borough can put into its own list against one partner, over all rounds and retries. */
  readonly valuesInOwnLists: number;
  /** The key with the fewest values among those that are estimated. */
  readonly weakestKey: string | null;
  readonly keys: readonly KeyExposure[];
}

export interface SecretHolders {
  readonly salt: string;
  readonly tags: string;
  /** Who together could try guesses with nobody noticing; null: nobody short of both boroughs of the pair. */
  readonly offline: string | null;
}

export interface KeyExposure extends KeySpace {
  readonly key: string;
  /** Fields that make the size unknown. */
  readonly notEstimated: readonly string[];
  /** In this node's own rows; null where the dataset is not loaded. */
  readonly own: (Omit<KeyFunnel, "key"> & { readonly units: number }) | null;
  /** To try every value: on one core of this machine, and on one graphics card. Null: nobody can, or not estimated. */
  readonly oneCoreSeconds: number | null;
  readonly cardSeconds: number | null;
  readonly verdict: Verdict;
}

/**
 * single-salt: `readable` within a day on one core here; `within-reach` within a year on one graphics card; `by-list`
 * where only lists of likely values are. double-salt: `fits-in-lists` where one borough's own lists hold every value,
 * else `in-rounds-only`. `not-estimated` under either.
 */
export type Verdict = "readable" | "within-reach" | "by-list" | "fits-in-lists" | "in-rounds-only" | "not-estimated";

/** Assumption: one graphics card computes in the order of 2 × 10^10 SHA-256 blocks a second, and a guess takes two. */
const CARD_GUESSES_PER_SECOND = 1e10;
/** Everybody in the United Kingdom (Office for National Statistics, 2024: 69 million). */
export const PEOPLE_LIST_LINES = 7e7;
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365.25 * DAY_SECONDS;

/**
 * @param options.own the charter's keys over this node's rows, or null where it has none
 * @param options.measureRate tags a second on one core, above 0; called at most once
 */
export function exposeKeys(
  charter: MatchCharter,
  options: { readonly own: Funnel | null; readonly measureRate: () => number },
): CharterExposure {
  const { operation, controls } = charter;
  const secrets = secretHolders(charter);
  const rate = secrets.offline === null ? null : options.measureRate();
  const valuesInOwnLists = controls.listCap * controls.maximumRounds * MAX_ATTEMPTS;
  const keys = operation.cascade.map((key, column): KeyExposure => {
    const space = keySpace(key);
    const oneCoreSeconds = secondsFor(space.values, rate);
    const cardSeconds = secondsFor(space.values, rate === null ? null : CARD_GUESSES_PER_SECOND);
    const verdict =
      space.values === null
        ? "not-estimated"
        : oneCoreSeconds === null || cardSeconds === null
          ? inRounds(space.values, valuesInOwnLists)
          : offline(oneCoreSeconds, cardSeconds);
    const unknown = space.components.filter(({ values }) => values === null).map(({ field }) => field);
    return {
      key: key.key,
      ...space,
      notEstimated: [...new Set(unknown)],
      own: ownFigures(options.own, column),
      oneCoreSeconds,
      cardSeconds,
      verdict,
    };
  });
  return {
    charter: charter.id,
    version: charter.version,
    protocol: operation.protocol,
    secrets,
    guessesPerSecond: rate,
    cardGuessesPerSecond: CARD_GUESSES_PER_SECOND,
    peopleListSeconds: secondsFor(PEOPLE_LIST_LINES, rate),
    valuesInOwnLists,
    weakestKey: weakest(keys),
    keys,
  };
}

function secretHolders(charter: MatchCharter): SecretHolders {
  const names = (positions: readonly number[]) => positions.map((at) => charter.parties[at]!.id).join(", ");
  const pair = `the two boroughs of each pair, out of: ${names(owners(charter))}`;
  const matcher = `each pair's matcher, one of: ${names(matchers(charter))}`;
  switch (charter.operation.protocol) {
    case "single-salt":
      return { salt: pair, tags: matcher, offline: "a pair's matcher together with one of its two boroughs" };
    case "double-salt":
      return { salt: `half each: ${pair}`, tags: matcher, offline: null };
  }
}

function secondsFor(values: number | null, rate: number | null): number | null {
  return values === null || rate === null ? null : values / rate;
}

function offline(oneCoreSeconds: number, cardSeconds: number): Verdict {
  if (oneCoreSeconds <= DAY_SECONDS) return "readable";
  return cardSeconds <= YEAR_SECONDS ? "within-reach" : "by-list";
}

function inRounds(values: number, valuesInOwnLists: number): Verdict {
  return values <= valuesInOwnLists ? "fits-in-lists" : "in-rounds-only";
}

function ownFigures(funnel: Funnel | null, column: number): KeyExposure["own"] {
  if (funnel === null) return null;
  const { present, distinct, unique } = funnel.perKey[column]!;
  return { units: funnel.units, present, distinct, unique };
}

function weakest(keys: readonly KeyExposure[]): string | null {
  const sizes = keys.flatMap(({ key, values }) => (values === null ? [] : [{ key, values }]));
  return sizes.sort((a, b) => a.values - b.values)[0]?.key ?? null;
}
