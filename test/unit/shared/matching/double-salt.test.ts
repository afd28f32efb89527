import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedPermutation } from "../../../../shared/crypto/permutation.ts";
import { runCascade } from "../../../../shared/matching/cascade.ts";
import type { CurveWork } from "../../../../shared/matching/curve-work.ts";
import { inlineCurveWork } from "../../../../shared/matching/curve-work.ts";
import { freshOrder } from "../../../../shared/crypto/permutation.ts";
import { mapColumns, maskElements } from "../../../../shared/matching/elements.ts";
import type { TagList } from "../../../../shared/matching/list.ts";
import { openPayloads, payloadsDigest, sealPayloads } from "../../../../shared/matching/payloads.ts";
import { collectKeyColumns, type KeyColumns, type PopulationRow } from "../../../../shared/matching/population.ts";
import { countPair } from "../../../../shared/matching/result-shares.ts";
import { doubleLists } from "../../../helpers/double-salt.ts";
import { plainJoin } from "../../../helpers/plaintext-join.ts";
import { codeOf, present, seededRandom } from "../crypto/support.ts";
import { anyRows, columnsOf, LABELS, people, sentList } from "./support.ts";

interface Side {
  readonly list: TagList;
  unitOf(row: number): number;
}

/** Pairs of row numbers with the key that agreed, and the table in scrambled codes. */
function matchSides(left: Side, right: Side, columns: { left: KeyColumns; right: KeyColumns }, seed: number) {
  const matches = runCascade(left.list, right.list, seededRandom(seed));
  const pairs = Array.from(matches.left, (row, index) => [
    present(columns.left.rows[left.unitOf(row)]),
    present(columns.right.rows[right.unitOf(present(matches.right[index]))]),
    present(matches.key[index]),
  ]);
  const labels = { left: LABELS, right: LABELS };
  return {
    pairs: pairs.map(String).sort(),
    table: Array.from(countPair(matches, left.list, right.list, labels), Number),
  };
}

async function bothProtocols(rows: { left: readonly PopulationRow[]; right: readonly PopulationRow[] }, seed: number) {
  const random = seededRandom(seed);
  const columns = { left: collect(rows.left), right: collect(rows.right) };
  const codes = () => ({ permutation: derivedPermutation(random.bytes(32), LABELS), labels: LABELS });
  const labelCodes = { left: codes(), right: codes() };
  const salt = random.bytes(32);
  const single = (side: "left" | "right") => {
    const { list, order } = sentList(columns[side], { salt, labelCodes: labelCodes[side], random });
    return { list, unitOf: (row: number) => present(order[row]) };
  };
  const around = { jobKey: random.bytes(32), pair: [0, 1] as const, random };
  const double = await doubleLists(around, columns.left, columns.right, labelCodes);
  return {
    single: matchSides(single("left"), single("right"), columns, seed),
    double: matchSides(double.left, double.right, columns, seed + 1),
  };
}

const collect = (rows: readonly PopulationRow[]) => collectKeyColumns(rows, { ...people, collapse: "none" });

describe("double-salt", () => {
  it("finds the pairs and the table of single-salt, and both those of a join by plain strings", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(anyRows, anyRows, fc.nat(), async (left, right, seed) => {
        const plain = plainJoin(left, right, { ...people, collapse: "none" });
        const { single, double } = await bothProtocols({ left, right }, seed);
        const expected = plain.map(({ leftRow, rightRow, key }) => String([leftRow, rightRow, key])).sort();
        expect(double.pairs).toEqual(expected);
        expect(single.pairs).toEqual(expected);
        expect(double.table).toEqual(single.table);
        found += expected.length;
      }),
      { numRuns: 8, seed: 3 },
    );
    expect(found).toBeGreaterThan(5);
  }, 60_000);

  const all = ["ANN", "BO", "CY", "DEE", "EVE"];
  it.each<[string, (string | null)[], (string | null)[], number]>([
    ["two empty sides", [], [], 0],
    ["one row and none", ["ANN"], [], 0],
    ["one row each, equal", ["ANN"], ["ANN"], 1],
    ["all equal", all, all, 5],
    ["no overlap", all, ["FAY", "GUS"], 0],
    ["all keys missing", [null, null], [null, null], 0],
    ["values that stand twice on a side", ["ANN", "ANN", "BO"], ["ANN", "BO", "BO"], 0],
    ["sides of very unequal length", Array.from({ length: 1100 }, (_, n) => `N${n}`), ["N7", "N1099", "X"], 2],
  ])("%s", async (_, left, right, expected) => {
    const columns = { left: columnsOf(left), right: columnsOf(right) };
    const codes = { permutation: Uint16Array.of(0), labels: 1 };
    const around = { jobKey: new Uint8Array(32), pair: [0, 1] as const, random: seededRandom("edges") };
    const lists = await doubleLists(around, columns.left, columns.right, { left: codes, right: codes });
    expect(runCascade(lists.left.list, lists.right.list, seededRandom(1)).left.length).toBe(expected);
  });

  it("gives the same elements however the work is cut", async () => {
    const columns = columnsOf(all);
    const inPieces = (rows: number): CurveWork => ({
      map: async (seeds) => join(await Promise.all(cut(seeds, rows).map((piece) => inlineCurveWork.map(piece)))),
      multiply: async (scalar, elements) =>
        join(
          await Promise.all(
            cut(elements, rows).map(async (piece) => (await inlineCurveWork.multiply(scalar, piece)) as Uint8Array),
          ),
        ),
    });
    const once = async (curve: CurveWork) => {
      const mapped = await mapColumns(columns, new Uint8Array(32).fill(5), curve, seededRandom("cut"));
      return maskElements(mapped, new Uint8Array(32).fill(9), curve);
    };
    const whole = await once(inlineCurveWork);
    for (const rows of [1, 100, 1023, 5000]) expect(await once(inPieces(rows))).toEqual(whole);
  });
});

function cut(bytes: Uint8Array, rows: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / (rows * 32)) }, (_, piece) =>
    bytes.slice(piece * rows * 32, (piece + 1) * rows * 32),
  );
}
const join = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

describe("payloads", () => {
  const random = seededRandom("payloads");
  const key = random.bytes(32);
  const labels = Uint16Array.from({ length: 300 }, (_, row) => row % 3);
  const handles = freshOrder(300, random);
  const sealed = sealPayloads(key, 300, { labels, handles }, random);
  const both = { labels: true, handles: true };

  it("come back as they were, in whatever order rows were put", () => {
    expect(openPayloads(key, sealed, payloadsDigest(sealed), both)).toEqual({ labels, handles });
    const reversed = join(Array.from({ length: 300 }, (_, row) => sealed.slice((299 - row) * 16, (300 - row) * 16)));
    expect(openPayloads(key, reversed, payloadsDigest(sealed), both)).toEqual({
      labels: labels.slice().reverse(),
      handles: handles.slice().reverse(),
    });
  });

  it("say nothing of what the charter does not need", () => {
    const plain = sealPayloads(key, 300, { labels: null, handles: null }, random);
    const needs = { labels: false, handles: false };
    expect(openPayloads(key, plain, payloadsDigest(plain), needs)).toEqual({ labels: null, handles: null });
  });

  it.each<[string, (order: Uint32Array) => void]>([
    ["twice", (order) => (order[7] = present(order[8]))],
    ["beyond the list", (order) => (order[7] = 300)],
  ])("with a handle %s are refused: two rows would be told as one", (_, change) => {
    const order = handles.slice();
    change(order);
    const wrong = sealPayloads(key, 300, { labels, handles: order }, random);
    expect(codeOf(() => openPayloads(key, wrong, payloadsDigest(wrong), both))).toBe("integrity");
  });

  it("of equal codes have nothing in common", () => {
    const blocks = new Set(cut16(sealed).map((block) => Buffer.from(block).toString("hex")));
    expect(blocks.size).toBe(300);
  });

  it.each<[string, (blocks: Uint8Array) => Uint8Array]>([
    ["one repeated in place of another", (blocks) => (blocks.copyWithin(16, 0, 16), blocks)],
    ["one made up", (blocks) => (blocks.set(random.bytes(16), 32), blocks)],
    ["one bit changed", (blocks) => ((blocks[77] = present(blocks[77]) ^ 1), blocks)],
    ["one left out", (blocks) => blocks.slice(16)],
    ["one more", (blocks) => join([blocks, blocks.slice(0, 16)])],
  ])("with %s are refused", (_, change) => {
    const digest = payloadsDigest(sealed);
    expect(codeOf(() => openPayloads(key, change(sealed.slice()), digest, both))).toBe("integrity");
  });
});

const cut16 = (bytes: Uint8Array) =>
  Array.from({ length: bytes.length / 16 }, (_, at) => bytes.slice(at * 16, at * 16 + 16));
