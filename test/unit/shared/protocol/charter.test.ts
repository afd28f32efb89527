import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { encodeValue, type Value } from "../../../../shared/base/encoding.ts";
import {
  hasSum,
  cascadeFields,
  charterDigest,
  decodeCharter,
  encodeCharter,
  matchers,
  openers,
  owners,
  parseCharter,
  requireMatch,
} from "../../../../shared/protocol/charter.ts";
import { charterLayout, jobDeadlines, leastContributors } from "../../../../shared/protocol/job.ts";
import { parseCharterText } from "../../../../shared/protocol/charter-document.ts";
import { rootKeyText } from "../../../../shared/protocol/identity.ts";
import {
  changed,
  exampleCharter,
  exampleDocument,
  keyOf,
  refusal,
  type Json,
} from "../../../helpers/example-charter.ts";

/** Every path of the document; optional ones and open records are the caller's to leave out. */
function paths(value: Json, prefix = ""): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...paths(item, path)];
  });
}

const ALL = paths(exampleDocument());
const FIELDS = ALL.filter((path) => !/\.\d+$/.test(path));

describe("a charter's fields", () => {
  it.each(FIELDS.filter((path) => !/^dataset\.attributes\.[a-z]+$/.test(path)))(
    "names %s when it is missing",
    (path) => {
      const { code, message } = refusal(() => parseCharter(changed(path, undefined)));
      expect(code).toBe("bad-input");
      expect(message).toContain(`charter: ${path}`);
    },
  );

  it.each(ALL)("names %s when it is of another type", (path) => {
    // No field is a list of nothing in a list.
    const { code, message } = refusal(() => parseCharter(changed(path, [[]])));
    expect(code).toBe("bad-input");
    expect(message).toContain(`charter: ${path}`);
  });

  it.each(["", "parties.0", "dataset", "operation", "operation.cascade.0.of.0", "controls", "retention"])(
    "names an unknown key in %s",
    (path) => {
      const { message } = refusal(() => parseCharter(changed(path === "" ? "extra" : `${path}.extra`, 1)));
      expect(message).toContain(`charter: ${path === "" ? "" : `${path}: `}unrecognized key: "extra"`);
    },
  );

  it.each<[string, Json, string]>([
    ["operation.kind", "count", 'expected "match"'],
    ["operation.protocol", "no-salt", 'expected "double-salt" or "single-salt"'],
    ["operation.outputs", ["total", "rows"], 'expected "total", "table", "pair-matrix" or "own-side-list"'],
    ["controls.minimumContributors", 2, ">=3"],
    ["controls.minimumCount", 9, ">=10"],
    ["controls.roundTo", 4, ">=5"],
    ["controls.minimumPopulation", 19, ">=20"],
    ["controls.smallCounts", "strict", 'expected "pool"'],
    ["controls.fairness", { largestRecallGap: 0.1 }, "largestFalseMatchGap"],
    ["controls.fairness", { largestRecallGap: 5, largestFalseMatchGap: 0.1 }, "<=1"],
    ["validFrom", "2027-02-29", "expected a day"],
    ["validFrom", "01/12/2026", "expected a day"],
    ["version", 0, ">=1"],
    ["dataset.attributes.status.type", "number", 'expected "category"'],
    ["parties.0.rootKey", "ed25519:short", "expected ed25519:"],
  ])("refuses %s = %j, saying what is possible", (path, value, message) => {
    const error = refusal(() => parseCharter(changed(path, value)));
    expect(error.message).toContain(`charter: ${path}`);
    expect(error.message).toContain(message);
  });

  it.each([
    ["an escape sequence", "Harmless\u001b[2J"],
    ["a second line", "Harmless\nWhat would leave: nothing"],
    ["a line separator", "Harmless\u2028nothing"],
    ["a mark that turns the reading direction", "Harmless \u202egnihton"],
    ["a lone surrogate", "Harmless \ud800"],
    ["nothing but spaces", "   "],
  ])("refuses a title with %s", (_, title) => {
    expect(refusal(() => parseCharter(changed("title", title))).message).toContain("charter: title: expected");
  });
});

describe("a charter's sense", () => {
  it.each<[string, string, Json | undefined, string]>([
    ["two parties of one name", "parties.1.id", "camden", "parties.id: camden stands twice"],
    [
      "two parties with one key",
      "parties.1.rootKey",
      exampleCharter().parties[0]!.rootKey,
      `parties.rootKey: ${exampleCharter().parties[0]!.rootKey} stands twice`,
    ],
    [
      "the coordinator's key for a party's",
      "parties.1.rootKey",
      exampleCharter().coordinator.rootKey,
      "parties.rootKey",
    ],
    ["a role twice", "parties.0.roles", ["owner", "owner"], "parties.0.roles: owner stands twice"],
    ["two owners", "parties.0.roles", ["matcher"], "parties: at least three must be owners"],
    ["one opener", "parties.3.roles", ["matcher"], "parties: at least two must be openers"],
    ["a field that is not canonical", "dataset.fields.1", "shoe_size", "dataset.fields.1: shoe_size"],
    ["a field twice", "dataset.fields.1", "surname", "dataset.fields: surname stands twice"],
    [
      "a key from an undeclared field",
      "operation.cascade.0.of.0.field",
      "email",
      "operation.cascade.0.of.0.field: email",
    ],
    ["a key named twice", "operation.cascade.1.key", "nino-year", "operation.cascade.key: nino-year stands twice"],
    ["an unknown transform", "operation.cascade.0.of.0.as", ["soundex"], "operation.cascade.0.of.0.as: no transform"],
    ["a year of a name", "operation.cascade.1.of.1.as", ["year"], "operation.cascade.1.of.1.as: year is for a date"],
    ["a sector of a number", "operation.cascade.0.of.0.as", ["sector"], "sector is for a postcode"],
    ["a sector of a folded postcode", "operation.cascade.1.of.3.as", ["fold", "sector"], "sector finds nothing"],
    ["a day beside a fold", "operation.cascade.0.of.1.as", ["day", "fold"], "day finds nothing"],
    ["no_match as a key", "operation.cascade.0.of.0.field", "no_match", "no_match says who is left out"],
    [
      "a filter that is not declared",
      "operation.population.where.0.attribute",
      "tenure",
      "operation.population.where.0.attribute: attribute tenure",
    ],
    [
      "a filter's code that is not declared",
      "operation.population.where.0.in",
      ["opne"],
      "operation.population.where.0.in: opne",
    ],
    ["a label that is not declared", "operation.label.attribute", "tenure", "operation.label: attribute tenure"],
    [
      "an attribute that nothing uses",
      "operation.population.where",
      [],
      "charter: dataset.attributes.status: no filter",
    ],
    [
      "a label without a table",
      "operation.outputs",
      ["total"],
      "operation.label: is needed for table and for nothing else",
    ],
    ["a table without its total", "operation.outputs", ["table"], "operation.outputs: total must be among them"],
    [
      "lists that follow no figure",
      "operation.outputs",
      ["own-side-list"],
      "operation.outputs: total or pair-matrix must be among them",
    ],
    [
      "a code twice",
      "dataset.attributes.status.codes",
      ["open", "open"],
      "dataset.attributes.status.codes: open stands twice",
    ],
    [
      "one code in two normal forms",
      "dataset.attributes.discount.codes",
      ["caf\u00e9", "cafe\u0301"],
      "dataset.attributes.discount.codes: caf\u00e9 stands twice",
    ],
    [
      "more contributors than owners",
      "controls.minimumContributors",
      4,
      "controls.minimumContributors: is more than the 3 owners",
    ],
    [
      "a grid that rounds people away",
      "controls.roundTo",
      21,
      "controls.roundTo: is more than twice minimumCount (10)",
    ],
    ["an end before the beginning", "validTo", "2026-11-30", "validTo: is before validFrom"],
    ["a review after the end", "reviewDate", "2028-01-01", "reviewDate: is not between"],
    ["steps longer than the round", "deadlines.roundHours", 2, "deadlines.roundHours: is shorter"],
  ])("refuses %s", (_, path, value, message) => {
    const error = refusal(() => parseCharter(changed(path, value)));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(message);
  });

  it("refuses a pair without a matcher outside it", () => {
    const document = changed("parties.1.roles", ["owner"]);
    const parties = document["parties"] as { roles: string[] }[];
    parties[2]!.roles = ["owner", "opener"];
    parties[3]!.roles = ["opener"];
    expect(refusal(() => parseCharter(document)).message).toContain(
      "the pair camden and newham has no matcher outside it",
    );
  });

  it("takes two owners and a third party where no sum is asked for, and only there", () => {
    const two = (outputs: string[]) => {
      const document = changed("operation.outputs", outputs);
      (document["parties"] as { roles: string[] }[])[2]!.roles = ["matcher", "opener"];
      Reflect.deleteProperty(document["operation"] as object, "label");
      Reflect.deleteProperty((document["dataset"] as { attributes: object }).attributes, "discount");
      return document;
    };
    const charter = requireMatch(parseCharter(two(["pair-matrix", "own-side-list"])));
    // Of two owners both must take part; the floor of three is for sums.
    expect([hasSum(charter), leastContributors(charter)]).toEqual([false, 2]);
    expect(charterLayout(charter).words).toBe(0);
    expect(refusal(() => parseCharter(two(["total", "pair-matrix"]))).message).toContain(
      "parties: at least three must be owners",
    );
  });

  it("leaves time for own-side lists after the release", () => {
    const document = changed("operation.outputs", ["total", "table", "own-side-list"]);
    document["deadlines"] = { preflightMinutes: 10, matchMinutes: 10, stepMinutes: 15, roundHours: 100 / 60 };
    expect(refusal(() => parseCharter(document)).message).toContain("deadlines.roundHours: is shorter than the 115");
    document["deadlines"] = { preflightMinutes: 10, matchMinutes: 10, stepMinutes: 15, roundHours: 2 };
    const { openMs, listsMs } = jobDeadlines(parseCharter(document), 0);
    expect(listsMs - openMs).toBe(15 * 60_000);
  });

  it("refuses merging by a reference that is not a field", () => {
    const document = changed("dataset.fields.0", undefined);
    (document["dataset"] as Record<string, Json>)["collapse"] = "reference";
    expect(refusal(() => parseCharter(document)).message).toContain("charter: dataset.collapse");
  });

  it("takes left and right populations with a label each", () => {
    const document = exampleDocument();
    const { population, ...operation } = document["operation"] as Record<string, Json>;
    document["operation"] = {
      ...operation,
      left: population!,
      right: { where: [] },
      label: { left: "discount", right: "status" },
    };
    expect(parseCharter(document).operation).toMatchObject({ label: { left: "discount", right: "status" } });
    (document["operation"] as Record<string, Json>)["right"] = { where: [{ attribute: "status", in: ["shut"] }] };
    expect(refusal(() => parseCharter(document)).message).toContain("operation.right.where.0.in: shut");
    (document["operation"] as Record<string, Json>)["population"] = population!;
    expect(refusal(() => parseCharter(document)).message).toContain('operation: unrecognized key: "population"');
  });

  it("knows who has which role, by position", () => {
    const charter = requireMatch(exampleCharter());
    expect([owners(charter), matchers(charter), openers(charter)]).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3],
      [2, 3],
    ]);
    expect(cascadeFields(charter)).toEqual(["nino", "date_of_birth", "forename", "surname", "postcode"]);
  });
});

/** The document as YAML in JSON's clothes, the keys of every map in an order drawn from `keys`. */
function shuffledText(value: Json, keys: () => number): string {
  if (Array.isArray(value)) return `[${value.map((item) => shuffledText(item, keys)).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => ({ key, item, at: keys() }));
  entries.sort((a, b) => a.at - b.at);
  return `{ ${entries.map(({ key, item }) => `${key}: ${shuffledText(item, keys)}`).join(", ")} }`;
}

describe("a charter's digest", () => {
  const expected = bytesToHex(charterDigest(exampleCharter()));

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ noNaN: true })), (stream) => {
        const text = shuffledText(exampleDocument(), () => stream.next().value as number);
        expect(bytesToHex(charterDigest(parseCharterText(text)))).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("does not depend on how a text is spelled in YAML, or on its normal form", () => {
    const spelled = (title: string) => bytesToHex(charterDigest(parseCharter(changed("title", title))));
    expect(spelled("  Caf\u00e9 tax ")).toBe(spelled("Cafe\u0301 tax"));
  });

  it.each<[string, Json | undefined]>([
    ["version", 2],
    ["title", "Two sole-occupier discounts for one person?"],
    ["purpose", "Another."],
    ["sensitivity.children", true],
    ["requester.role", "analyst"],
    ["coordinator.rootKey", rootKeyText(keyOf("another desk").publicKey)],
    ["parties.0.rootKey", rootKeyText(keyOf("impostor").publicKey)],
    ["parties.0.roles", ["matcher", "owner"]],
    ["parties.0.lawfulBasis", "none needed"],
    ["parties.0.legalGateway", null],
    ["parties", (exampleDocument()["parties"] as Json[]).reverse()],
    ["dataset.fields.0", undefined],
    ["dataset.collapse", "reference"],
    ["operation.population.where.0.in", ["open", "closed"]],
    ["dataset.attributes.discount.codes", ["single-person", "none"]],
    ["operation.cascade.1", undefined],
    ["operation.cascade.0.of.1.as", ["month", "year"]],
    ["controls.roundTo", 10],
    ["controls.listCap", 400_001],
    ["deadlines.stepMinutes", 15.5],
    ["retention.releaseYears", 6],
    ["validTo", "2027-12-01"],
  ])("changes with %s = %j", (path, value) => {
    expect(bytesToHex(charterDigest(parseCharter(changed(path, value))))).not.toBe(expected);
  });
});

describe("a charter's bytes", () => {
  it("come back as the same charter", () => {
    expect(decodeCharter(encodeCharter(exampleCharter()))).toEqual(exampleCharter());
  });

  it.each<[string, Record<string, Json>]>([
    ["a charter that makes no sense", changed("validTo", "2026-11-30")],
    ["texts with outer spaces, which the digest would not cover", changed("title", " Two discounts")],
  ])("are refused for %s", (_, document) => {
    expect(refusal(() => decodeCharter(encodeValue(document as Value))).code).toBe("malformed");
  });
});

describe("a charter's own short and pet names", () => {
  const withGroups = (groups: Json, as: Json = ["diminutive"]) => {
    const document = changed("operation.cascade.1.of.0.as", as);
    (document["dataset"] as Record<string, Json>)["diminutives"] = groups;
    return () => parseCharter(document);
  };

  it("stand under its digest, and leave the digest of one without them as it was", () => {
    const digests = [[["DIVYA", "DIVY"]], [["DIVYA", "DIV"]]].map((groups) =>
      bytesToHex(charterDigest(withGroups(groups)())),
    );
    expect(new Set(digests).size).toBe(2);
    expect(requireMatch(withGroups([["DIVYA", "DIVY"]])()).dataset.diminutives).toEqual([["DIVYA", "DIVY"]]);
    expect(Object.keys(exampleCharter().dataset)).not.toContain("diminutives");
  });

  it.each<[string, Json, string]>([
    ["a name alone", [["DIVYA"]], "dataset.diminutives.0"],
    ["small letters", [["DIVYA", "Divy"]], "dataset.diminutives.0.1: expected a name of A to Z"],
    ["no group", [], "dataset.diminutives"],
    [
      "one name in two groups",
      [
        ["DIVYA", "DIVY"],
        ["DIVY", "DIVINE"],
      ],
      "dataset.diminutives: DIVY stands twice",
    ],
    ["two groups of the table made one", [["BOB", "MOLLY"]], "would make the names of ROBERT and of MARY one"],
  ])("are refused with %s", (_, groups, message) => {
    expect(refusal(withGroups(groups)).message).toContain(message);
  });

  it("are refused where no key uses them", () => {
    expect(refusal(withGroups([["DIVYA", "DIVY"]], ["fold"])).message).toContain("leave it out");
  });
});
