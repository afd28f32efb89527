import { describe, expect, it } from "vitest";
import { checkRoute } from "../../../coordinator/mailbox/header-rules.ts";
import { parseCharter } from "../../../shared/protocol/charter.ts";
import type { NodeToNode } from "../../../shared/protocol/messages.ts";
import { headerOf } from "../../helpers/coordinator.ts";
import { changed, exampleCharter } from "../../helpers/example-charter.ts";
import { codeOf } from "../shared/crypto/support.ts";

/** Who may reach whose mailbox under double-salt; single-salt's rules are in mailbox.test.ts. Positions: gla owns nothing. */
const double = parseCharter(changed("operation.protocol", "double-salt"));
const body = new Uint8Array(9);
const route = (type: NodeToNode, from: string, to: string, pair: [number, number] = [0, 1], charter = double) =>
  codeOf(() => {
    checkRoute(charter, from, headerOf(type, body, { round: new Uint8Array(16), to, pair }));
  });

describe("the route of a double-salt list", () => {
  it.each<[string, Parameters<typeof route>, string]>([
    ["a masked list from left to right", ["masked-list", "camden", "newham"], "no error"],
    ["a masked list from right to left", ["masked-list", "newham", "camden"], "no error"],
    ["a masked list to a matcher", ["masked-list", "camden", "hackney"], "not-allowed"],
    ["a masked list to oneself", ["masked-list", "camden", "camden"], "not-allowed"],
    ["a masked list of a pair the sender is not in", ["masked-list", "hackney", "newham"], "not-allowed"],
    ["a re-masked list to a matcher", ["remasked-list", "newham", "hackney"], "no error"],
    ["a re-masked list to the partner", ["remasked-list", "newham", "camden"], "not-allowed"],
    ["a payload digest to a matcher without rows", ["payload-digest", "camden", "gla"], "no error"],
    ["a payload digest from a matcher", ["payload-digest", "hackney", "gla"], "not-allowed"],
    ["a pair with who owns nothing", ["masked-list", "camden", "gla", [0, 3]], "not-allowed"],
    ["single-salt's list", ["list", "camden", "hackney"], "not-allowed"],
    ["a masked list under single-salt", ["masked-list", "camden", "newham", [0, 1], exampleCharter()], "not-allowed"],
  ])("%s: %j gives %s", (_, args, code) => {
    expect(route(...args)).toBe(code);
  });
});

describe("the route of a pair's figure and of own-side lists", () => {
  const all = parseCharter(changed("operation.outputs", ["total", "table", "pair-matrix", "own-side-list"]));
  it.each<[string, [NodeToNode, string, string, [number, number]?], string]>([
    ["a size to a matcher", ["pair-size", "camden", "gla"], "no error"],
    ["a size to the partner", ["pair-size", "camden", "newham"], "not-allowed"],
    ["a figure from a matcher to an opener", ["pair-figure", "gla", "hackney"], "no error"],
    ["a figure to who is no opener", ["pair-figure", "gla", "camden"], "not-allowed"],
    ["a figure from an owner of the pair", ["pair-figure", "camden", "hackney"], "not-allowed"],
    ["an own-side list to an owner", ["own-side-list", "gla", "newham"], "no error"],
    ["an own-side list of another pair", ["own-side-list", "gla", "hackney"], "not-allowed"],
    ["an own-side list from an owner", ["own-side-list", "newham", "camden"], "not-allowed"],
  ])("%s: %j gives %s", (_, [type, from, to, pair = [0, 1]], code) => {
    expect(route(type, from, to, pair, all)).toBe(code);
    expect(route(type, from, to, pair, exampleCharter())).toBe("not-allowed");
  });
});
