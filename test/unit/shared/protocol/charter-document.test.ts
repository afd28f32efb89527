import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { MAX_DOCUMENT_BYTES } from "../../../../shared/base/limits.ts";
import { completeDraft, parseCharterText, parseYaml } from "../../../../shared/protocol/charter-document.ts";
import { rootKeyText } from "../../../../shared/protocol/identity.ts";
import type { Roster } from "../../../../shared/protocol/roster.ts";
import {
  changed,
  exampleCharter,
  exampleDocument,
  keyOf,
  refusal,
  type Json,
} from "../../../helpers/example-charter.ts";

const ROSTER: Roster = {
  version: 1,
  coordinator: { name: "London coordination desk", rootKey: keyOf("coordinator").publicKey },
  parties: ["camden", "gla", "hackney", "newham"].map((name) => ({ name, rootKey: keyOf(name).publicKey })),
};

describe("a charter's text", () => {
  it("is read from YAML, dates as days", () => {
    expect(parseCharterText(stringify(exampleDocument()))).toEqual(exampleCharter());
  });

  it.each([
    ["a key twice", "a: 1\nb: 2\na: 3", "charter: line 3: a key stands twice"],
    ["broken YAML", "a: 1\nb: [", "charter: line 2: not valid YAML"],
    ["two documents", "a: 1\n---\nb: 1", "charter: line 2: not valid YAML"],
    ["a tag of its own", "a: !secret x", "charter: line 1: not valid YAML"],
    ["a standard tag", "a: !!str 1", "charter: tags (!name) are not allowed"],
    ["an alias", "a: &x 1\nb: *x", "are not allowed, write the value out"],
    ["an anchor that nothing uses", "a: &x 1", "charter: anchors (&name) are not allowed"],
    ["an alias to nowhere, as a key", "*a\t:", "charter: aliases (*name) are not allowed"],
    ["a merge key", "a: { b: 1 }\n<<: { c: 1 }", "charter: "],
    ["a list", "- a", "charter: expected keys and values"],
    ["nothing", "", "charter: expected keys and values"],
    ["a binary file", "\u0000\u0001\u0002", "charter: "],
  ])("is refused for %s", (_, text, message) => {
    const error = refusal(() => parseCharterText(text));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(message);
  });

  it("is refused above the limit before it is parsed", () => {
    expect(refusal(() => parseYaml(" ".repeat(MAX_DOCUMENT_BYTES + 1), "charter")).code).toBe("too-large");
  });
});

describe("a draft", () => {
  function draft(): Record<string, Json> {
    const document = exampleDocument();
    for (const party of document["parties"] as Record<string, Json>[]) delete party["rootKey"];
    delete document["coordinator"];
    return document;
  }
  const complete = (document: Record<string, Json>) => completeDraft(stringify(document), ROSTER);

  it("is completed with the roster's keys and the coordinator", () => {
    expect(complete(draft())).toEqual(exampleCharter());
  });

  it("may name the coordinator and leave its key out", () => {
    expect(complete({ ...draft(), coordinator: { name: "The desk" } }).coordinator).toEqual({
      name: "The desk",
      rootKey: rootKeyText(keyOf("coordinator").publicKey),
    });
  });

  it("may write the keys out", () => {
    expect(complete(exampleDocument())).toEqual(exampleCharter());
  });

  it.each<[string, Record<string, Json>, string]>([
    [
      "a party's key that is not the roster's",
      changed("parties.1.rootKey", rootKeyText(keyOf("x").publicKey)),
      "charter: parties.1.rootKey",
    ],
    [
      "a coordinator's key that is not the roster's",
      changed("coordinator.rootKey", rootKeyText(keyOf("x").publicKey)),
      "charter: coordinator.rootKey",
    ],
    [
      "a party that has not enrolled",
      changed("parties.2.id", "atlantis"),
      "charter: parties.2.id: no such party has enrolled",
    ],
    ["a party without a name", changed("parties.2.id", undefined), "charter: parties.2.id"],
    ["a party that is a text", changed("parties.2", "hackney"), "charter: parties.2"],
    ["parties that are no list", changed("parties", "all"), "charter: parties"],
    ["no parties", changed("parties", undefined), "charter: parties"],
    ["a coordinator that is a text", changed("coordinator", "desk"), "charter: coordinator"],
    ["an unknown key", changed("extra", 1), 'unrecognized key: "extra"'],
  ])("is refused with %s", (_, document, message) => {
    const error = refusal(() => complete(document));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(message);
  });
});
