import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { concatBytes } from "../../../../shared/base/bytes.ts";
import { MAX_MATCH_MEMORY_BYTES, MIN_LIST_ROWS } from "../../../../shared/base/limits.ts";
import { IN_MEMORY, type Workspace } from "../../../../shared/base/scratch.ts";
import { sha256 } from "../../../../shared/crypto/hash.ts";
import { createTagLanes } from "../../../../shared/crypto/tag-lanes.ts";
import { collapseByReference } from "../../../../shared/matching/collapse.ts";
import { buildList } from "../../../../shared/matching/list.ts";
import { ListReader } from "../../../../shared/matching/list-reader.ts";
import { tagsInOrder } from "../../../../shared/matching/ordered-tags.ts";
import { Pages } from "../../../../shared/matching/pages.ts";
import { PairTags } from "../../../../shared/matching/pair-tags.ts";
import { collectKeyColumns, type PopulationRow } from "../../../../shared/matching/population.ts";
import { judgeValues } from "../../../../shared/matching/unique-values.ts";
import { UnitDigests, type DigestBlock } from "../../../../shared/matching/unit-digests.ts";
import { countedScratch, tinyWorkspace } from "../../../helpers/scratch.ts";
import { codeOf, present, seededRandom, toHex } from "../crypto/support.ts";
import { anyRows, people } from "./support.ts";

const scratch = countedScratch();
beforeEach(() => {
  Object.assign(scratch, { opened: 0, closed: 0, roomFor: Number.POSITIVE_INFINITY });
});
afterAll(() => {
  scratch.cleanUp();
});
const salt = new Uint8Array(32).fill(7);
const lanes = createTagLanes(salt);

describe("Pages", () => {
  const page = (fill: number) => new Uint8Array(64).fill(fill);

  it("stay in memory up to the workspace's bytes, and go to a file all together one page beyond", () => {
    const pages = new Pages(64, { ...tinyWorkspace(scratch), memoryBytes: 3 * 64 });
    for (const fill of [1, 2, 3]) pages.append(page(fill));
    expect(scratch.opened).toBe(0);
    pages.append(page(4));
    expect(scratch.opened).toBe(1);
    for (const fill of [1, 2, 3, 4]) expect(pages.read(fill - 1)).toEqual(page(fill));
    expect(pages.read(2, 16, 32)).toEqual(new Uint8Array(16).fill(3));
    pages.close();
    expect(scratch.closed).toBe(1);
  });

  it("of a million rows of one key fit the memory that a match may take, of ten keys they do not", () => {
    const rowsOfBoth = 2 * 1_015_808;
    expect(rowsOfBoth * 20).toBeLessThan(MAX_MATCH_MEMORY_BYTES);
    expect(rowsOfBoth * 20 * 10).toBeGreaterThan(MAX_MATCH_MEMORY_BYTES);
  });
});

/** Rows with few values, so that many are shared, in an order of their own. */
function manyRows(count: number, seed: number): PopulationRow[] {
  const dice = seededRandom(seed).bytes(count * 8);
  const word = (row: number, at: number) => ((dice[row * 8 + at] ?? 0) << 8) | (dice[row * 8 + at + 1] ?? 0);
  return Array.from({ length: count }, (_, row) => ({
    row: row + 1,
    values: [`CE${word(row, 0)}`, "ANN", `N${word(row, 2)}`, word(row, 4) % 5 === 0 ? null : "1987-11-03", "E6 2RT"],
    reference: word(row, 6) % 3 === 0 ? null : `R${word(row, 6) % 5000}`,
    label: row % 3,
    noMatch: word(row, 4) % 400 === 0,
  }));
}

/** Arrays as their hashes: comparing a million bytes one by one takes the test runner a minute. */
function collected(rows: readonly PopulationRow[], collapse: "none" | "reference", workspace: Workspace) {
  const {
    digests,
    usable,
    labels,
    rows: firstRows,
    ...rest
  } = collectKeyColumns(rows, { ...people, collapse, workspace });
  const hashOf = (blocks: Iterable<DigestBlock>, key: number) =>
    toHex(sha256(...Array.from(blocks, (block) => block.digestsOf(key).slice())));
  const values = people.cascade.map((_, key) => hashOf(digests.blocks(key), key));
  expect(people.cascade.map((_, key) => hashOf(digests.blocks(), key))).toEqual(values);
  digests.close();
  return { ...rest, values, usable: toHex(sha256(usable)), labels: labels.join(), firstRows: firstRows.join() };
}

describe("an owner's key columns", () => {
  it.each(["none", "reference"] as const)("are the same in a file as in memory, collapsed by %s", (collapse) => {
    const rows = manyRows(18_000, 1);
    const inMemory = collected(rows, collapse, IN_MEMORY);
    expect(inMemory.funnel.withheld).toBeGreaterThan(30);
    expect(collected(rows, collapse, tinyWorkspace(scratch))).toEqual(inMemory);
    expect(scratch).toMatchObject({ opened: 1, closed: 1 });
  });

  it("are judged alike in slices of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 200 }), fc.integer({ min: 1, max: 300 }), (picks, sliceUnits) => {
        const judge = (size: number) => {
          const digests = new UnitDigests(1, IN_MEMORY);
          for (const pick of picks) digests.add([pick === 0 ? null : seededRandom(pick).bytes(32)]);
          const cells = Uint8Array.from(picks, (pick) => (pick === 0 ? 0 : 1));
          const flags = Uint8Array.from(picks, (_, unit) => (unit % 17 === 5 ? 1 : 0));
          const withheld = flags.slice();
          const counts = judgeValues(0, { digests, count: picks.length, cells, flags, withheld }, size);
          return { ...counts, cells, withheld };
        };
        const found = judge(sliceUnits);
        expect(found).toEqual(judge(1_000_000));
        const named = picks.filter((pick) => pick !== 0);
        const alone = named.filter((pick) => named.indexOf(pick) === named.lastIndexOf(pick));
        expect(found).toMatchObject({
          present: named.length,
          distinct: new Set(named).size,
          unique: alone.length,
          cells: Uint8Array.from(picks, (pick) => (alone.includes(pick) ? 1 : 0)),
        });
      }),
      { numRuns: 60 },
    );
  });

  it("leave no file behind where the disk is full, and say so", () => {
    scratch.roomFor = 1;
    const options = { ...people, collapse: "none" as const, workspace: tinyWorkspace(scratch) };
    expect(codeOf(() => collectKeyColumns(manyRows(18_000, 1), options))).toBe("unavailable");
    expect(scratch).toMatchObject({ opened: 1, closed: 1 });
  });
});

describe("collapseByReference", () => {
  it("makes the same units however few references are held at once", () => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 1, max: 5 }), (rows, held) => {
        const byRow = (a: PopulationRow, b: PopulationRow) => a.row - b.row;
        const few = [...collapseByReference(rows, held)].sort(byRow);
        expect(few).toEqual([...collapseByReference(rows)].sort(byRow));
      }),
    );
    const rows = manyRows(20_000, 2);
    expect([...collapseByReference(rows, 100)].length).toBe([...collapseByReference(rows)].length);
  });
});

describe("an owner's list", () => {
  const columnsOf = (workspace: Workspace) =>
    collectKeyColumns(manyRows(20_000, 3), { ...people, collapse: "none", workspace });

  it("is the same byte by byte for any budget and any window", () => {
    const columns = columnsOf(IN_MEMORY);
    const order = Uint32Array.from({ length: 20_480 }, (_, row) => (row * 7919) % 20_480);
    const tags = (workspace: Workspace, rowsAtOnce: number, windowBytes: number) => {
      const of = { columns, lanes, random: seededRandom("filler"), workspace };
      return concatBytes(...Array.from(tagsInOrder(of, order, rowsAtOnce, windowBytes), (piece) => piece.slice()));
    };
    const inMemory = tags(IN_MEMORY, 1000, 1e9);
    expect(inMemory.length).toBe(20_480 * 48);
    for (const [memoryBytes, rowsAtOnce, windowBytes] of [
      [0, 1000, 1],
      [0, 1000, 100_000],
      [200_000, 777, 50_000],
      [0, 20_480, 1],
    ] as const) {
      expect(Buffer.compare(tags(tinyWorkspace(scratch, memoryBytes), rowsAtOnce, windowBytes), inMemory)).toBe(0);
    }
    expect(scratch).toMatchObject({ opened: 4, closed: 4 });
  });

  it("takes its scratch file away where nobody wants the rest of it", () => {
    const columns = columnsOf(IN_MEMORY);
    const workspace = tinyWorkspace(scratch);
    const { frames } = buildList({ columns, lanes, labelCodes: null, random: seededRandom(4), workspace });
    for (const frame of frames) {
      expect(frame.length).toBeGreaterThan(0);
      break;
    }
    expect(scratch).toMatchObject({ opened: 1, closed: 1 });
  });

  it("is not made on a full disk", () => {
    const columns = columnsOf(IN_MEMORY);
    scratch.roomFor = 10;
    const workspace = tinyWorkspace(scratch);
    const { frames } = buildList({ columns, lanes, labelCodes: null, random: seededRandom(4), workspace });
    expect(codeOf(() => [...frames])).toBe("unavailable");
    expect(scratch).toMatchObject({ opened: 1, closed: 1 });
  });
});

describe("a matcher's pair", () => {
  const tagOf = (value: number) => Uint8Array.from({ length: 16 }, (_, byte) => (byte < 4 ? value >>> (8 * byte) : 9));
  /** Values of one row after another, one a key. */
  type Rows = readonly (readonly number[])[];

  /** The cascade by plain maps. */
  function plainCascade(left: Rows, right: Rows, keys: number): string[] {
    const taken = { left: new Set<number>(), right: new Set<number>() };
    const found: string[] = [];
    for (let key = 0; key < keys; key++) {
      const rowOf = new Map(right.map((row, index) => [row[key], index]));
      for (const [row, values] of left.entries()) {
        const partner = rowOf.get(values[key]);
        if (partner === undefined || taken.left.has(row) || taken.right.has(partner)) continue;
        taken.left.add(row);
        taken.right.add(partner);
        found.push([row, partner, key].join());
      }
    }
    return found.sort();
  }

  function matched(left: Rows, right: Rows, keys: number, workspace: Workspace, sliceRows: number): string[] {
    const rowsAtMost = Math.max(left.length, right.length);
    const pair = new PairTags({ keys, rowsAtMost, workspace, random: seededRandom(5), sliceRows });
    try {
      for (const [side, rows] of [["left", left] as const, ["right", right] as const]) {
        for (let key = 0; key < keys; key++) {
          pair.of(side)(key, 0, concatBytes(...rows.map((values) => tagOf(present(values[key])))));
        }
      }
      const matches = pair.match({ left: left.length, right: right.length });
      return Array.from(matches.left, (row, index) => [row, matches.right[index], matches.key[index]].join()).sort();
    } finally {
      pair.close();
    }
  }

  const keys = 3;
  const side = fc
    .tuple(...Array.from({ length: keys }, () => fc.uniqueArray(fc.nat(150), { minLength: 90, maxLength: 90 })))
    .map((columns) => Array.from({ length: 90 }, (_, row) => columns.map((column) => present(column[row]))));

  it("has the pairs of a cascade by plain maps, in slices of any size and with any budget", () => {
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(0, 1000, 6000, 1e9),
        (left, right, sliceRows, memoryBytes) => {
          const found = matched(left, right, keys, tinyWorkspace(scratch, memoryBytes), sliceRows);
          expect(found).toEqual(plainCascade(left, right, keys));
        },
      ),
      { numRuns: 100 },
    );
    expect(scratch.opened).toBeGreaterThan(20);
    expect(scratch.closed).toBe(scratch.opened);
  });

  it("refuses a value that stands twice, in a file as in memory", () => {
    const right = Array.from({ length: 3000 }, (_, row) => [row]);
    for (const times of [2, 3000]) {
      const left = right.map(([value = 0]) => [value < times ? 1 : value]);
      for (const memoryBytes of [0, 1e9]) {
        expect(codeOf(() => matched(left, right, 1, tinyWorkspace(scratch, memoryBytes), 100))).toBe("integrity");
      }
    }
    expect(scratch.closed).toBe(scratch.opened);
  });

  it("has no result on a full disk", () => {
    scratch.roomFor = 3;
    const rows = Array.from({ length: 500 }, (_, row) => [row]);
    expect(codeOf(() => matched(rows, rows, 1, tinyWorkspace(scratch), 100))).toBe("unavailable");
    expect(scratch).toMatchObject({ opened: 1, closed: 1 });
  });

  it("sets nothing aside for rows that a header claims beyond what was announced", () => {
    const claim = new Uint8Array(6);
    new DataView(claim.buffer).setUint32(0, 2 ** 30);
    claim[4] = 1;
    const expected = { keys: 1, payloadBytes: 0, maximumRows: 2 ** 31, maximumBytes: MIN_LIST_ROWS * 16 + 6 };
    const reader = new ListReader(expected, () => undefined);
    expect(
      codeOf(() => {
        reader.push(claim);
      }),
    ).toBe("malformed");
  });
});
