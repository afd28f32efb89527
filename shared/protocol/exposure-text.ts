import { PEOPLE_LIST_LINES, type CharterExposure, type KeyExposure } from "./exposure.ts";

/**
 * `keys exposure` for the terminal, for the same reader as explain-text.ts: plain words, what is assumed marked as
 * assumed, and what the figures leave out beside them.
 */
export function exposureText(exposure: CharterExposure, dataset: string): string {
  return [
    ...holders(exposure),
    ...exposure.keys.flatMap((key) => keyText(key, exposure, dataset)),
    ...caveats(exposure),
  ].join("\n");
}

function holders({
  charter,
  version,
  protocol,
  secrets,
  guessesPerSecond,
  valuesInOwnLists,
}: CharterExposure): string[] {
  const { salt, tags, offline } = secrets;
  return [
    `How guessable the match keys of ${charter} version ${version} are`,
    "",
    `Method: ${protocol}`,
    `  salt held by:      ${salt}`,
    `  tags held by:      ${tags}`,
    ...(offline === null
      ? [
          "  could try guesses: nobody offline; each half of a salt stays with its borough, so a guess takes both boroughs",
          `  in a round:        a borough can put invented values into its own list, at most ${countText(valuesInOwnLists)} under this
                     charter; if the matcher helps it, it learns which of them match`,
        ]
      : [`  could try guesses: ${offline}, offline: as many as they like, unnoticed`]),
    ...(guessesPerSecond === null
      ? []
      : [`  pace:              ${countText(guessesPerSecond)} guesses a second on one core, measured here just now`]),
  ];
}

function keyText(key: KeyExposure, exposure: CharterExposure, dataset: string): string[] {
  const { values, components, own, oneCoreSeconds, cardSeconds } = key;
  return [
    "",
    key.key,
    `  values there are:  ${sizeText(values)}`,
    ...components.map((each) => `    ${each.field} as ${each.as.join(", ")}: ${sizeText(each.values)}; ${each.basis}`),
    own === null
      ? `  rows here:         the dataset ${dataset} is not loaded here`
      : `  rows here:         ${own.present} of ${own.units} units have it; distinct values: ${own.distinct}; units that stand alone: ${own.unique}`,
    ...(oneCoreSeconds === null || cardSeconds === null
      ? []
      : [
          `  to try them all:   ${durationText(oneCoreSeconds)} on one core; ${durationText(cardSeconds)} on a graphics card (assumed: ${countText(exposure.cardGuessesPerSecond)} guesses a second)`,
        ]),
    `  verdict:           ${verdictText(key, exposure)}`,
  ];
}

function verdictText({ verdict, values, notEstimated }: KeyExposure, exposure: CharterExposure): string {
  const { secrets, valuesInOwnLists } = exposure;
  const who = secrets.offline ?? "nobody";
  switch (verdict) {
    case "readable":
      return `guessable. ${upperFirst(who)} can read whose values stand in the other's list. For keys whose disclosure would be bearable only.`;
    case "within-reach":
      return `guessable by somebody determined. ${upperFirst(who)} can read the other's list with hardware that anybody can rent.`;
    case "by-list":
      return "too many to try them all, but a list of likely values is not: see below.";
    case "fits-in-lists":
      return "not guessable offline, but every value fits into one borough's own lists under this charter.";
    case "in-rounds-only":
      return `not guessable offline. In its own lists a borough can try ${shareText(valuesInOwnLists / (values ?? Infinity))} of the values.`;
    case "not-estimated":
      return secrets.offline === null
        ? `not guessable offline. How many values there are is not estimated, for ${notEstimated.join(", ")}.`
        : `not estimated, for ${notEstimated.join(", ")}. Take it for guessable until somebody has counted the values.`;
  }
}

function caveats({ secrets, peopleListSeconds, weakestKey, keys }: CharterExposure): string[] {
  return [
    "",
    "What these figures leave out",
    "  The sizes multiply fields as if they had nothing to do with each other. Who knows an area, a family or a register",
    "  needs far fewer guesses.",
    ...(peopleListSeconds === null
      ? []
      : [
          `  Somebody with a list of people and what the keys are made of tries that instead: ${countText(PEOPLE_LIST_LINES)} lines,`,
          `  everybody in the country, take ${durationText(peopleListSeconds)} on one core.`,
        ]),
    ...(secrets.offline !== null && keys.length > 1
      ? [
          `  An entry of a list carries its keys side by side, so the weakest gives it away${weakestKey === null ? "" : `: here ${weakestKey}`}.`,
        ]
      : []),
    "  Units that share a value send a random tag in its place: only those that stand alone can be found.",
  ];
}

function sizeText(values: number | null): string {
  return values === null ? "not estimated" : `about ${countText(values)}`;
}

const COUNTS = [
  [1e15, null],
  [1e12, "million million"],
  [1e9, "billion"],
  [1e6, "million"],
] as const;

/** Three digits are enough for what is an estimate; small counts are exact. */
function countText(count: number): string {
  for (const [least, unit] of COUNTS) {
    if (count < least) continue;
    return unit === null ? `10^${Math.floor(Math.log10(count))}` : `${short(count / least)} ${unit}`;
  }
  return grouped(Math.round(count < 1e5 ? count : Number(count.toPrecision(3))));
}

const DURATIONS = [
  [365.25 * 86_400, "year"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** In the largest unit of which it is at least one. */
export function durationText(seconds: number): string {
  for (const [length, unit] of DURATIONS) {
    if (seconds < length) continue;
    const count = Math.round(seconds / length);
    return `${count < 1e6 ? grouped(count) : countText(count)} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a second";
}

function shareText(share: number): string {
  if (share < 0.0001) return "less than 0.01 %";
  return `${Number((100 * share).toPrecision(2))} %`;
}

function short(number: number): string {
  return String(Number(number.toPrecision(3)));
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
