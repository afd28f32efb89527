import { describe, expect, it } from "vitest";
import type { Funnel } from "../../../../shared/matching/population.ts";
import { parseCharter, requireMatch } from "../../../../shared/protocol/charter.ts";
import { exposeKeys } from "../../../../shared/protocol/exposure.ts";
import { durationText, exposureText } from "../../../../shared/protocol/exposure-text.ts";
import { exampleDocument, type Json } from "../../../helpers/example-charter.ts";

const RATE = 1_000_000;
const SEX = { field: "sex", as: ["fold"] };
const INITIALS = [{ field: "forename", as: ["first:1"] }, SEX];
const NINO = [{ field: "nino", as: ["identifier"] }];
const BIRTH_AND_HALF = [
  { field: "date_of_birth", as: ["day", "month", "year"] },
  { field: "postcode", as: ["postcode"] },
];
const EVERYTHING = [{ field: "forename", as: ["fold"] }, { field: "surname", as: ["fold"] }, ...BIRTH_AND_HALF];
/** A reference is whatever a borough makes it. */
const UNCOUNTED = [...NINO, { field: "reference", as: ["fold"] }];

function expose(
  protocol: "single-salt" | "double-salt",
  keys: Record<string, Json>,
  { own = null as Funnel | null, measureRate = (): number => RATE } = {},
) {
  const document = exampleDocument();
  const cascade = Object.entries(keys).map(([key, of]) => ({ key, of }));
  Object.assign(document["operation"] as object, { protocol, cascade });
  const fields = cascade.flatMap(({ of }) => (of as { field: string }[]).map(({ field }) => field));
  Object.assign(document["dataset"] as object, { fields: [...new Set([...fields, "reference", "no_match"])] });
  const exposure = exposeKeys(requireMatch(parseCharter(document)), { own, measureRate });
  return { exposure, text: exposureText(exposure, "council-tax") };
}

describe("exposeKeys under single-salt", () => {
  it("names who together could try guesses: the matcher and one of the pair's boroughs", () => {
    const { exposure, text } = expose("single-salt", { nino: NINO });
    expect(exposure.secrets).toEqual({
      salt: "the two boroughs of each pair, out of: camden, newham, hackney",
      tags: "each pair's matcher, one of: camden, newham, hackney, gla",
      offline: "a pair's matcher together with one of its two boroughs",
    });
    expect(text).toContain("could try guesses: a pair's matcher together with one of its two boroughs, offline");
  });

  it("divides the values by the pace that was measured, once", () => {
    let asked = 0;
    const { exposure } = expose(
      "single-salt",
      { nino: NINO, initial: INITIALS },
      { measureRate: () => RATE + asked++ },
    );
    expect(asked).toBe(1);
    expect(exposure).toMatchObject({ guessesPerSecond: RATE, peopleListSeconds: 70, weakestKey: "initial" });
    expect(exposure.keys[0]).toMatchObject({ values: 1.492e9, oneCoreSeconds: 1492, cardSeconds: 0.1492 });
  });

  it.each([
    ["readable", "within a day on one core", NINO, "guessable. A pair's matcher"],
    ["within-reach", "with a graphics card", [...NINO, ...BIRTH_AND_HALF.slice(0, 1)], "by somebody determined"],
    ["by-list", "from lists only", EVERYTHING, "a list of likely values is not"],
    ["not-estimated", "for all that is known", UNCOUNTED, "for reference. Take it for guessable"],
  ])("calls a key %s that can be tried %s", (verdict, _, of, words) => {
    const { exposure, text } = expose("single-salt", { "a-key": of });
    expect(exposure.keys[0]?.verdict).toBe(verdict);
    expect(text).toContain(words);
  });

  it("never calls a key safe", () => {
    for (const of of [NINO, EVERYTHING, UNCOUNTED]) {
      expect(expose("single-salt", { "a-key": of }).text).not.toMatch(/\bsafe\b|\bsecure\b|\bimpossible\b/);
    }
  });

  it("gives no time and no size for what is not estimated, and takes another key for the weakest", () => {
    const { exposure, text } = expose("single-salt", { uncounted: UNCOUNTED, nino: NINO });
    expect(exposure.keys[0]).toMatchObject({
      values: null,
      notEstimated: ["reference"],
      oneCoreSeconds: null,
      cardSeconds: null,
    });
    expect(exposure.weakestKey).toBe("nino");
    expect(text).toContain("values there are:  not estimated");
    expect(expose("single-salt", { uncounted: UNCOUNTED }).exposure.weakestKey).toBeNull();
  });
});

describe("exposeKeys under double-salt", () => {
  it("says that nobody can try guesses offline, and measures nothing", () => {
    const measureRate = () => {
      throw new Error("measured");
    };
    const { exposure, text } = expose("double-salt", { nino: NINO }, { measureRate });
    expect(exposure).toMatchObject({ guessesPerSecond: null, peopleListSeconds: null, secrets: { offline: null } });
    expect(exposure.keys[0]).toMatchObject({ oneCoreSeconds: null, cardSeconds: null });
    expect(text).toContain("could try guesses: nobody offline");
    expect(text).not.toMatch(/on one core|graphics card|hardware/);
  });

  it("compares the values with what one borough can put into its own lists", () => {
    const many = expose("double-salt", { nino: NINO });
    // 400,000 rows in each of four rounds and their retries.
    expect(many.exposure).toMatchObject({ valuesInOwnLists: 3_200_000, keys: [{ verdict: "in-rounds-only" }] });
    expect(many.text).toContain("can try 0.21 % of the values");
    const few = expose("double-salt", { born: [...BIRTH_AND_HALF.slice(0, 1), SEX] });
    expect(few.exposure.keys[0]?.verdict).toBe("fits-in-lists");
    expect(few.text).toContain("every value fits into one borough's own lists");
    const unknown = expose("double-salt", { uncounted: UNCOUNTED });
    expect(unknown.exposure.keys[0]?.verdict).toBe("not-estimated");
    expect(unknown.text).toContain("not guessable offline. How many values there are is not estimated, for reference.");
  });
});

describe("a node's own rows", () => {
  it("stand beside each key, or are said not to be there", () => {
    const perKey = [{ key: "nino", present: 90, distinct: 85, unique: 80 }];
    const own = { rows: 101, units: 100, withheld: 2, keyless: 0, usable: 78, perKey };
    const { exposure, text } = expose("single-salt", { nino: NINO }, { own });
    expect(exposure.keys[0]?.own).toEqual({ units: 100, present: 90, distinct: 85, unique: 80 });
    expect(text).toContain("90 of 100 units have it; distinct values: 85; units that stand alone: 80");
    const without = expose("single-salt", { nino: NINO });
    expect(without.exposure.keys[0]?.own).toBeNull();
    expect(without.text).toContain("the dataset council-tax is not loaded here");
  });
});

describe("durationText", () => {
  it.each([
    [0.2, "less than a second"],
    [1, "1 second"],
    [59, "59 seconds"],
    [180, "3 minutes"],
    [7200, "2 hours"],
    [4 * 86_400, "4 days"],
    [1200 * 365.25 * 86_400, "1,200 years"],
    [5e6 * 365.25 * 86_400, "5 million years"],
  ])("says %d seconds as %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
