import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { parseCharter, requireMatch, type Charter } from "../../../../shared/protocol/charter.ts";
import {
  completeRehearsal,
  definitionDigest,
  LEAST_GROUP_PAIRS,
  parseRehearsalText,
  rehearsalDigest,
} from "../../../../shared/protocol/rehearsal.ts";
import { decideRehearsal } from "../../../../shared/protocol/rehearsal-decision.ts";
import { changed, exampleCharter, refusal, type Json } from "../../../helpers/example-charter.ts";
import { LIMITED, rehearsalFacts } from "../../../helpers/example-rehearsal.ts";

const charterWith = (path: string, value: Json | undefined) => parseCharter(changed(path, value));

describe("what was rehearsed", () => {
  const hex = (charter: Charter) => bytesToHex(definitionDigest(requireMatch(charter)));
  const own = hex(exampleCharter());

  it.each<[string, string, Json | undefined]>([
    ["a field", "dataset.fields", [...requireMatch(exampleCharter()).dataset.fields, "email"]],
    ["the unit", "dataset.unit", "person"],
    ["how rows are merged", "dataset.collapse", "reference"],
    ["a key's way with a field", "operation.cascade.1.of.0.as", ["fold"]],
    ["a key", "operation.cascade.0", undefined],
    ["a filter", "operation.population.where", [{ attribute: "status", in: ["open", "closed"] }]],
    ["the codes of a label", "dataset.attributes.discount.codes", ["none", "single-person"]],
  ])("differs with %s", (_, path, value) => {
    expect(hex(charterWith(path, value))).not.toBe(own);
  });

  it.each<[string, Json]>([
    ["title", "Another title"],
    ["version", 2],
    ["operation.protocol", "double-salt"],
    ["controls.listCap", 2048],
    ["controls.fairness", { largestRecallGap: 0.1, largestFalseMatchGap: 0.1 }],
  ])("is the same with another %s, which changes nobody's match", (path, value) => {
    expect(hex(charterWith(path, value))).toBe(own);
  });

  it("differs with names that a charter takes for one", () => {
    const withGroups = (groups: Json | undefined) => {
      const document = changed("operation.cascade", ["diminutive-dob-postcode"]);
      if (groups !== undefined) (document["dataset"] as Record<string, Json>)["diminutives"] = groups;
      return hex(parseCharter(document));
    };
    expect(withGroups([["DIVYA", "DIVY"]])).not.toBe(withGroups(undefined));
  });
});

describe("a rehearsal's file", () => {
  const whole = completeRehearsal(rehearsalFacts());
  const text = JSON.stringify(whole);

  it("holds rates and gaps that follow from the counts", () => {
    const small = whole.groups.find(({ group }) => group === "Turkish");
    expect(small).toEqual({
      trait: "tradition",
      group: "Turkish",
      truth: 400,
      found: 360,
      matched: 342,
      missed: 58,
      false: 18,
      recall: 0.855,
      falseMatchRate: 0.05,
      decides: true,
    });
    expect(whole.traits.map(({ trait }) => trait)).toEqual(["age", "deprivation", "tradition"]);
    const { recall, falseMatches, covered, deciding } = whole.traits[2]!;
    expect(recall).toMatchObject({ best: { group: "British", rate: 0.9 }, worst: { group: "Turkish", rate: 0.855 } });
    expect(recall!.gap).toBeCloseTo(0.045, 12);
    expect(falseMatches).toMatchObject({ best: { group: "British" }, worst: { group: "Turkish", rate: 0.05 } });
    expect([covered, deciding]).toEqual([1, 2]);
  });

  it("is read back as it was written, with one digest however it is laid out", () => {
    expect(parseRehearsalText(text)).toEqual(whole);
    expect(rehearsalDigest(parseRehearsalText(JSON.stringify(whole, null, 4)))).toEqual(rehearsalDigest(whole));
  });

  it("lets a group with too few pairs stand, and not decide", () => {
    const few = completeRehearsal(rehearsalFacts({ Turkish: { truth: LEAST_GROUP_PAIRS - 1, found: 10, matched: 1 } }));
    expect(few.groups.find(({ group }) => group === "Turkish")).toMatchObject({ decides: false, recall: 1 / 249 });
    expect(few.traits[2]).toMatchObject({ deciding: 1, recall: null, falseMatches: null });
  });

  it("takes no matches at all for no rate, not for a rate of 0", () => {
    const none = completeRehearsal(rehearsalFacts({ Turkish: { truth: 400, found: 0, matched: 0 } }));
    expect(none.groups.find(({ group }) => group === "Turkish")).toMatchObject({ recall: 0, falseMatchRate: null });
    expect(none.traits[2]!.falseMatches).toBeNull();
  });

  it.each<[string, (file: typeof whole) => unknown]>([
    ["a better recall", (file) => ({ ...file, groups: file.groups.map((each) => ({ ...each, recall: 1 })) })],
    ["a smaller gap", (file) => ({ ...file, traits: file.traits.map((each) => ({ ...each, recall: null })) })],
    [
      "a group that does not decide",
      (file) => ({ ...file, groups: file.groups.map((each) => ({ ...each, decides: false })) }),
    ],
    ["more matched than there are", (file) => ({ ...file, overall: { ...file.overall, matched: 10_000 } })],
    ["groups in another order", (file) => ({ ...file, groups: [...file.groups].reverse() })],
  ])("is refused with %s", (_, change) => {
    expect(refusal(() => parseRehearsalText(JSON.stringify(change(whole)))).code).toBe("integrity");
  });

  it.each([
    ["{", "rehearsal: line 1"],
    ['{"format": "portmoot/rehearsal/v2"}', "rehearsal: format"],
    [text.replace('"seed"', '"seeds"'), "rehearsal: "],
    [text.replace('"Turkish"', '"Turk\\u001b[2Jish"'), "rehearsal: groups"],
  ])("is refused as %j, naming line or field", (broken, message) => {
    const error = refusal(() => parseRehearsalText(broken));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(message);
  });
});

describe("whether a rehearsal satisfies a charter", () => {
  const limited = parseCharter(LIMITED());
  const decide = (change: Parameters<typeof rehearsalFacts>[0] = {}, charter = limited) =>
    decideRehearsal(charter, completeRehearsal(rehearsalFacts(change)));

  it("is so within both limits, and needs no rehearsal without limits", () => {
    expect(decide()).toEqual({ allowed: true });
    expect(decideRehearsal(exampleCharter(), null)).toEqual({ allowed: true });
    expect(decide({}, exampleCharter())).toEqual({ allowed: true });
  });

  it("is not without one, and says what to run", () => {
    expect(decideRehearsal(limited, null)).toMatchObject({
      allowed: false,
      rule: "controls.fairness",
      next: expect.stringContaining("portmoot rehearse council-tax-double-residence@1") as unknown,
    });
  });

  it.each<[string, Parameters<typeof rehearsalFacts>[0], string, RegExp]>([
    [
      "a larger gap in recall",
      { Turkish: { truth: 400, found: 320, matched: 304 } },
      "controls.fairness.largestRecallGap",
      /^tradition: recall is 76\.0 % for Turkish and 90\.0 % for British, 14\.0 points apart, and the charter allows 5\.0 points$/,
    ],
    [
      "a larger gap in false matches",
      { Turkish: { truth: 400, found: 400, matched: 344 } },
      "controls.fairness.largestFalseMatchGap",
      /^tradition: false-match rate is 14\.0 % for Turkish and 0\.0 % for British, 14\.0 points apart/,
    ],
    [
      "few people in a group",
      { Turkish: { truth: 249, found: 240, matched: 240 } },
      "rehearsal.people",
      /^tradition: /,
    ],
    ["nobody found", { Turkish: { truth: 400, found: 0, matched: 0 } }, "rehearsal.people", /^tradition: /],
  ])("is not with %s, naming trait, groups and figures", (_, change, rule, detail) => {
    expect(decide(change)).toMatchObject({ allowed: false, rule, detail: expect.stringMatching(detail) as unknown });
  });

  it("is so with a small group beside large ones that hold nearly all pairs", () => {
    expect(decide({ French: { truth: 100, found: 1, matched: 1 } })).toEqual({ allowed: true });
  });

  it("is not where a trait is left out, nor by the keys of another cascade", () => {
    const facts = rehearsalFacts();
    const noAge = completeRehearsal({ ...facts, groups: facts.groups.filter(({ trait }) => trait !== "age") });
    expect(decideRehearsal(limited, noAge)).toMatchObject({
      rule: "rehearsal.traits",
      detail: "it says nothing by age",
    });
    const other = parseCharter({ ...LIMITED(), operation: changed("operation.cascade.0", undefined)["operation"] });
    expect(decideRehearsal(other, completeRehearsal(facts))).toMatchObject({ rule: "rehearsal.definition" });
  });

  it("judges no trait that is not a person's, such as the kind of error", () => {
    const facts = rehearsalFacts();
    const error = (group: string, matched: number) => ({ trait: "error", group, truth: 1000, found: matched, matched });
    const groups = [...facts.groups, error("none", 990), error("surname", 400)];
    expect(decideRehearsal(limited, completeRehearsal({ ...facts, groups }))).toEqual({ allowed: true });
  });
});
