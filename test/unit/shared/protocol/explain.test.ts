import { describe, expect, it } from "vitest";
import { parseCharter, type Charter } from "../../../../shared/protocol/charter.ts";
import { explainCharter } from "../../../../shared/protocol/explain.ts";
import { explanationText } from "../../../../shared/protocol/explain-text.ts";
import { MESSAGES } from "../../../../shared/protocol/messages.ts";
import { derivedFields } from "../../../../node/egress/message-rules.ts";
import { changed, exampleCharter } from "../../../helpers/example-charter.ts";

const text = (charter: Charter, self: string) => explanationText(charter, explainCharter(charter, self));

describe("what leaves, by role", () => {
  const types = (self: string) => explainCharter(exampleCharter(), self).leaves.map(({ type }) => type);
  const everybody = ["decision", "preflight-answer", "keys", "abort"];
  const owner = ["list", "shares", "masked-input", "agree", "unmask"];

  it.each([
    ["camden", [...everybody, ...owner, "pair-result"]],
    ["hackney", [...everybody, ...owner, "pair-result", "protected-result"]],
    ["gla", [...everybody, "pair-result", "protected-result"]],
    ["a stranger", []],
  ])("%s sends exactly its own messages", (self, expected) => {
    expect(new Set(types(self))).toEqual(new Set(expected));
    expect(types(self)).toHaveLength(expected.length);
  });

  it("has double-salt's three kinds of list instead of single-salt's one, and tells each where it goes", () => {
    const double = parseCharter(changed("operation.protocol", "double-salt"));
    const leaves = new Map(explainCharter(double, "camden").leaves.map((message) => [message.type, message.to]));
    expect(leaves.has("list")).toBe(false);
    expect(leaves.get("masked-list")).toBe("the other borough of each pair, out of: camden, newham, hackney");
    expect(leaves.get("remasked-list")).toContain("one matcher drawn by lot");
    expect(leaves.get("payload-digest")).toContain("one matcher drawn by lot");
    expect(explainCharter(double, "gla").leaves.map(({ type }) => type)).not.toContain("masked-list");
    const printed = text(double, "camden");
    expect(printed).toContain("The method is double-salt: nobody can test a guess after the round.");
    expect(printed).not.toContain("single-salt");
  });

  it("stands as the gate's catalogue and the ledger have it", () => {
    for (const message of explainCharter(exampleCharter(), "hackney").leaves) {
      const { openableBy, encodes, protection } = MESSAGES[message.type];
      expect(message).toMatchObject({ openableBy, encodes, protection });
      expect(message.fields).toEqual(derivedFields(message.type, exampleCharter()));
    }
  });

  it("names the recipients", () => {
    const to = new Map(explainCharter(exampleCharter(), "camden").leaves.map((message) => [message.type, message.to]));
    expect(to.get("masked-input")).toBe("the coordinator, London coordination desk");
    expect(to.get("list")).toContain("one matcher drawn by lot from: camden, newham, hackney, gla");
    expect(to.get("pair-result")).toContain("out of: camden, newham, hackney");
  });
});

describe("what is read", () => {
  it("is every column that is used, with what for, and no other", () => {
    const { reads, notUsed } = explainCharter(exampleCharter(), "camden");
    expect(Object.fromEntries(reads.map(({ column, for: uses }) => [column, uses.join("; ")]))).toEqual({
      nino: "to recognise the same person or thing",
      date_of_birth: "to recognise the same person or thing",
      forename: "to recognise the same person or thing",
      surname: "to recognise the same person or thing",
      postcode: "to recognise the same person or thing",
      status: "to choose rows: only open",
      discount: "as rows and columns of the table",
      no_match: "to leave people out who must not be matched; it is not sent",
    });
    expect(notUsed).toEqual(["reference"]);
  });

  it("holds the reference where rows are merged by it", () => {
    const { reads } = explainCharter(parseCharter(changed("dataset.collapse", "reference")), "camden");
    expect(reads.find(({ column }) => column === "reference")?.for[0]).toContain("to merge rows");
  });

  it("is nothing for a party without rows", () => {
    expect(explainCharter(exampleCharter(), "gla").reads).toEqual([]);
    expect(text(exampleCharter(), "gla")).toContain("Nothing: this party contributes no rows.");
  });
});

describe("pairs and own-side lists", () => {
  const all = parseCharter(changed("operation.outputs", ["total", "table", "pair-matrix", "own-side-list"]));
  const printed = text(all, "camden");

  it("stand among what leaves, each with its recipient", () => {
    const leaves = new Map(explainCharter(all, "gla").leaves.map((message) => [message.type, message]));
    expect(leaves.get("pair-figure")?.to).toBe("the openers: hackney, gla");
    expect(leaves.get("own-side-list")?.to).toContain("the two boroughs of the pair");
    expect(leaves.get("own-side-list")?.kept).toContain("own-side lists");
    expect(explainCharter(all, "camden").leaves.map(({ type }) => type)).toContain("pair-size");
    expect(explainCharter(exampleCharter(), "gla").leaves.map(({ type }) => type)).not.toContain("pair-figure");
  });

  it("are told in words: who sees a pair's figure, who is told of people, for how long, and what guessing it permits", () => {
    expect(printed).toContain("pair-matrix: for each pair of boroughs the number of matches, withheld and rounded");
    expect(printed).toContain("own-side-list: published to nobody.");
    expect(printed).toContain("A match is something to be checked, no proof of fraud or error.");
    expect(printed).toContain("Lists of own rows that matched are erased here after 180 days.");
    expect(printed).toContain("With its own-side list it learns which of them are in another borough's list too.");
    expect(printed).not.toContain("nobody is told who matched");
    expect(text(exampleCharter(), "camden")).toContain("nobody is told who matched");
  });

  it("without a sum say nothing of openers who see it", () => {
    const document = changed("operation.outputs", ["pair-matrix"]);
    Reflect.deleteProperty(document["operation"] as object, "label");
    Reflect.deleteProperty((document["dataset"] as { attributes: object }).attributes, "discount");
    const pairsOnly = parseCharter(document);
    expect(text(pairsOnly, "camden")).not.toContain("see the sum");
    expect(explainCharter(pairsOnly, "camden").leaves.map(({ type }) => type)).not.toContain("masked-input");
  });
});

describe("the text", () => {
  const printed = text(exampleCharter(), "camden");

  it("answers a reviewer's questions under their headings", () => {
    for (const heading of [
      "What would be read here",
      "When two rows count as the same account",
      "What would leave this building",
      "What is published in the end",
      "How often, how much, how long",
      "What this does not protect against",
    ]) {
      expect(printed).toContain(`\n${heading}`);
    }
  });

  it("spells keys out in words", () => {
    expect(printed).toContain("1. nino-year: nino (letters and figures alone) and date_of_birth (year)");
    expect(printed).toContain("forename (letters and figures alone, first 1 only)");
    expect(printed).toContain("date_of_birth (the whole date)");
    expect(printed).toContain("postcode (the postcode up to its second half's first figure)");
  });

  it("says the gateway and who confirmed it, and that none is named where none is", () => {
    expect(printed).toContain(
      "Example Act s.1, for council tax reductions; confirmed by Borough solicitor on 2026-10-01",
    );
    expect(text(exampleCharter(), "gla")).toContain("Gateway:   none named");
  });

  it("says how many must contribute: the charter's number or the quorum, whichever is more", () => {
    expect(printed).toContain("at least 3 of the 3 boroughs");
    expect(printed).toContain("Figures from 1 to 9 are withheld as [c], others rounded to the nearest 5.");
  });

  it("says what single-salt lets two parties do together, and who sees the sum", () => {
    expect(printed).toContain("The method is single-salt");
    expect(printed).toContain("The openers (hackney, gla) see the sum before small figures are withheld.");
  });

  it("names what the proposer declares as sensitive", () => {
    expect(printed).toContain("Sensitive: a method that is new here");
    expect(text(parseCharter(changed("sensitivity.children", true)), "camden")).toContain(
      "Sensitive: data about children",
    );
  });

  it("has no line that a terminal would break", () => {
    expect(
      Math.max(
        ...printed
          .split("\n")
          .filter((line) => !line.includes(": "))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(120);
  });
});
