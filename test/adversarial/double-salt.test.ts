import { describe, expect, it } from "vitest";
import { concatBytes } from "../../shared/base/bytes.ts";
import { ELEMENT_BYTES, mapToElements, multiplyElements } from "../../shared/crypto/curve-elements.ts";
import { prefixedLabel, sha256 } from "../../shared/crypto/hash.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import { buildList, decodeList } from "../../shared/matching/list.ts";
import type { PackedRows } from "../../shared/matching/packed-rows.ts";
import { remaskRows } from "../../shared/matching/remask.ts";
import { inlineCurveWork } from "../../shared/matching/curve-work.ts";
import { maskedList, openedList, remaskedList, type DoublePair, type MaskedList } from "../helpers/double-salt.ts";
import { columnsOf, digestsOf } from "../unit/shared/matching/support.ts";
import { present, seededRandom } from "../unit/shared/crypto/support.ts";

/** Double-salt against a partner that lies and against parties that pool what they saw. */
const random = seededRandom("double-salt attacks");
const around: DoublePair = { jobKey: random.bytes(32), pair: [0, 1], random };
const codes = { permutation: Uint16Array.of(0), labels: 1 };
const [a, b] = [random.bytes(32), random.bytes(32)];
const left = columnsOf(["ANN", "BO", "CY", "DEE"]);
const right = columnsOf(["BO", "DEE", "FAY"]);
const P = 2n ** 255n - 19n;
const bytesOf = (number: bigint) =>
  Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
const withElement = (row: number, element: Uint8Array) => (rows: PackedRows) => {
  const columns = rows.columns.map((column) => column.slice());
  present(columns[0]).set(element, row * ELEMENT_BYTES);
  return { ...rows, columns };
};
const elementAt = ({ columns }: PackedRows, row: number) =>
  present(columns[0]).slice(row * ELEMENT_BYTES, (row + 1) * ELEMENT_BYTES);

const masked = await maskedList(around, left, a, codes);
const remask = (change: (rows: PackedRows) => PackedRows) => remaskedList(around, masked, 1, b, change);

describe("a partner's list", () => {
  it("as it should be is taken (positive control)", async () => {
    await expect(remask((rows) => rows)).resolves.toBeDefined();
  });

  it.each<[string, (rows: PackedRows) => PackedRows, RegExp]>([
    ["an element twice", (rows) => withElement(5, elementAt(rows, 9))(rows), /two cells are one element/],
    ["zero", withElement(5, bytesOf(0n)), /small order/],
    ["one", withElement(5, bytesOf(1n)), /small order/],
    ["p − 1", withElement(5, bytesOf(P - 1n)), /small order/],
    ["p", withElement(5, bytesOf(P)), /canonical/],
    ["p + 9", withElement(5, bytesOf(P + 9n)), /canonical/],
    ["a set top bit", withElement(5, bytesOf(9n + 2n ** 255n)), /canonical/],
  ])("with %s ends the match", async (_, change, message) => {
    await expect(remask(change)).rejects.toMatchObject({
      code: "integrity",
      message: expect.stringMatching(message) as string,
    });
  });

  it("with one element plus a point of small order beside it ends the match: both give one product", async () => {
    // A point of order eight added to an honest element changes its u and not its multiples by a clamped scalar.
    const honest = elementAt(await plainRows(), 3);
    const sibling = addTorsion(honest);
    expect(sibling).not.toEqual(honest);
    expect(multiplyElements(b, sibling)).toEqual(multiplyElements(b, honest));
    await expect(remask((rows) => withElement(4, sibling)(withElement(3, honest)(rows)))).rejects.toThrow(
      /two cells are one element/,
    );
  });

  it("with an element of the twist is multiplied like any other, and equals no honest row", async () => {
    // u = 2 is on the twist: 8 + 4A + 2 is no square.
    const passed = await remask(withElement(5, bytesOf(2n)));
    const other = await maskedList(around, right, b, codes);
    const back = await remaskedList(around, other, 1, a);
    const lists = [openedList(passed.frames, 1, masked), openedList(back.frames, 1, other)] as const;
    const matches = runCascade(lists[0], lists[1], random);
    const twistRow = passed.order.indexOf(5);
    expect([...matches.left]).not.toContain(twistRow);
  });

  it.each<[string, (frames: readonly Uint8Array[]) => Uint8Array[]]>([
    ["one row too few", ([frame]) => [present(frame).slice(0, -48)]],
    ["one row too many", ([frame]) => [concatBytes(present(frame), random.bytes(48))]],
    ["a header that claims another bucket", ([frame]) => [withByte(present(frame), 2, 8)]],
    ["one key more", ([frame]) => [withByte(present(frame), 4, 2)]],
    ["no payloads", ([frame]) => [withByte(present(frame), 5, 0)]],
    ["nothing", () => []],
  ])("with %s is malformed", async (_, change) => {
    await expect(remaskedList(around, { frames: change(masked.frames) }, 1, b)).rejects.toMatchObject({
      code: "malformed",
    });
  });

  async function plainRows(): Promise<PackedRows> {
    const seen: PackedRows[] = [];
    await remask((rows) => (seen.push(rows), rows));
    return present(seen[0]);
  }
});

describe("a re-masker", () => {
  it.each<[string, (rows: PackedRows) => PackedRows]>([
    ["repeats a payload", ({ payloads, ...rest }) => ({ ...rest, payloads: payloads.slice().copyWithin(0, 16, 32) })],
    ["makes one up", ({ payloads, ...rest }) => ({ ...rest, payloads: withBytes(payloads, random.bytes(16)) })],
  ])("that %s is found out by the matcher", async (_, change) => {
    const { frames } = await remask(change);
    expect(() => openedList(frames, 1, masked)).toThrow(/payloads are not those that their owner announced/);
  });

  it("cannot read the labels that pass through its hands: equal ones look unlike", async () => {
    const blocks = new Set<string>();
    await remask((rows) => {
      for (let at = 0; at < rows.payloads.length; at += 16) {
        blocks.add(Buffer.from(rows.payloads.subarray(at, at + 16)).toString("hex"));
      }
      return rows;
    });
    expect(blocks.size).toBe(masked.rows);
  });
});

/** P(guess), which anybody who knows J* can compute. */
const guess = (text: string) => {
  const digest = digestsOf(columnsOf([text])).subarray(0, 32);
  return mapToElements(
    sha256(concatBytes(prefixedLabel("portmoot/element/v1"), around.jobKey, Uint8Array.of(0)), digest),
  );
};

describe("guessing with what several parties saw", () => {
  const inRight = ["BO", "DEE", "FAY"];
  const guesses = [...inRight, "ANN", "GUS"];

  it("a + C: the left owner's scalar and both lists at the matcher tell of its own rows only", async () => {
    const { lists, tags } = await wholePair();
    const { left: pooled } = runCascade(lists.left, lists.right, random);
    // What they may learn: which of the own rows matched.
    expect(pooled.length).toBe(2);
    // What they may not: whether FAY, whom only the right list holds, is there. a·P(guess) is not a·b·P(guess).
    for (const text of guesses) {
      for (const candidate of [guess(text), multiplied(a, guess(text)), multiplied(a, multiplied(a, guess(text)))]) {
        expect(tags.has(await tagOf(candidate))).toBe(false);
      }
    }
    // Positive control: with both scalars, which no two parties but the owners hold, every guess can be tested.
    for (const text of guesses) {
      expect(tags.has(await tagOf(multiplied(b, multiplied(a, guess(text)))))).toBe(
        inRight.includes(text) || text === "ANN",
      );
    }
  });

  it("b + C: the right owner's scalar opens no more than the left one's", async () => {
    const { tags } = await wholePair();
    for (const text of guesses) {
      for (const candidate of [guess(text), multiplied(b, guess(text)), multiplied(b, multiplied(b, guess(text)))]) {
        expect(tags.has(await tagOf(candidate))).toBe(false);
      }
    }
  });

  it("S + C: what the coordinator relays adds nothing, since no scalar, salt or key of a list passes it in clear", async () => {
    const { tags } = await wholePair();
    for (const text of guesses) expect(tags.has(await tagOf(guess(text)))).toBe(false);
    // Under single-salt they hold tags without the salt: a guess under any other key finds nothing.
    const single = singleSalt();
    for (const text of guesses) expect(single.isInRight(text, random.bytes(32))).toBe(false);
  });

  it("A + C and B + C under single-salt can test every guess: what the threat model says, and why persons go double", () => {
    const { isInRight, salt } = singleSalt();
    for (const text of guesses) expect(isInRight(text, salt)).toBe(inRight.includes(text));
  });

  /** The right owner's list at the matcher, and the test of a guess by who has some salt. */
  function singleSalt() {
    const salt = random.bytes(32);
    const list = buildList({ columns: right, lanes: createTagLanes(salt), labelCodes: null, random });
    const seen = decodeList([...list.frames], { keys: 1, payloadBytes: 0, maximumRows: 4096 });
    const tags = new Set(tagTexts(present(seen.columns[0])));
    const isInRight = (text: string, key: Uint8Array) => {
      const digest = digestsOf(columnsOf([text])).slice(0, 32);
      const tag = new Uint8Array(16);
      createTagLanes(key).tagAll(Uint8Array.of(0), digest, tag);
      return tags.has(hexOf(tag));
    };
    return { salt, isInRight };
  }

  function tagTexts(column: Uint8Array): string[] {
    return Array.from({ length: column.length / 16 }, (_, row) => hexOf(column.subarray(row * 16, row * 16 + 16)));
  }

  it("the partner alone: the masked list holds no element that it can compute", async () => {
    const seen = new Set<string>();
    await remask((rows) => {
      for (let row = 0; row < rows.rows; row++) seen.add(Buffer.from(elementAt(rows, row)).toString("hex"));
      return rows;
    });
    for (const text of ["ANN", "BO", "CY", "DEE"]) {
      for (const candidate of [guess(text), multiplied(b, guess(text))]) {
        expect(seen.has(Buffer.from(candidate).toString("hex"))).toBe(false);
      }
      // Positive control: the owner's own scalar finds each.
      expect(seen.has(Buffer.from(multiplied(a, guess(text))).toString("hex"))).toBe(true);
    }
  });

  it("two attempts of one pair have no element and no tag in common", async () => {
    const again: DoublePair = { ...around, jobKey: random.bytes(32) };
    const fresh = await maskedList(again, left, random.bytes(32), codes);
    const cells = (list: MaskedList) => {
      const bytes = concatBytes(...list.frames).subarray(6);
      return Array.from({ length: list.rows }, (_, row) =>
        Buffer.from(bytes.subarray(row * 48, row * 48 + 32)).toString("hex"),
      );
    };
    const before = new Set(cells(masked));
    expect(cells(fresh).filter((cell) => before.has(cell))).toEqual([]);
  });

  async function wholePair() {
    const other = await maskedList(around, right, b, codes);
    const there = await remaskedList(around, masked, 1, b);
    const back = await remaskedList(around, other, 1, a);
    const lists = { left: openedList(there.frames, 1, masked), right: openedList(back.frames, 1, other) };
    const tags = new Set<string>();
    for (const { rows, columns } of [lists.left, lists.right]) {
      for (let row = 0; row < rows; row++) tags.add(hexOf(present(columns[0]).subarray(row * 16, row * 16 + 16)));
    }
    return { lists, tags };
  }

  /** The tag that a product would get: re-masking is public but for the scalar, so one that undoes nothing is used. */
  async function tagOf(product: Uint8Array): Promise<string> {
    const identity = {
      ...inlineCurveWork,
      multiply: (_: Uint8Array, elements: Uint8Array) => Promise.resolve(elements),
    };
    const rows = { rows: 1, columns: [product], payloads: new Uint8Array(16) };
    const { columns } = await remaskRows(rows, { ...around, scalar: b, curve: identity });
    return hexOf(present(columns[0]));
  }
});

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const multiplied = (scalar: Uint8Array, element: Uint8Array) => multiplyElements(scalar, element) as Uint8Array;
const withByte = (bytes: Uint8Array, at: number, value: number) =>
  bytes.map((byte, index) => (index === at ? value : byte));
const withBytes = (bytes: Uint8Array, start: Uint8Array) => concatBytes(start, bytes.subarray(start.length));

/** u of Q + T for a point T of order two, (0, 0): x ↦ 1/x on a Montgomery curve. */
function addTorsion(element: Uint8Array): Uint8Array {
  const u = BigInt(`0x${hexOf(Uint8Array.from(element).reverse())}`);
  let inverse = 1n;
  for (let left = P - 2n, square = u; left > 0n; left >>= 1n, square = (square * square) % P) {
    if ((left & 1n) === 1n) inverse = (inverse * square) % P;
  }
  return bytesOf(inverse);
}
