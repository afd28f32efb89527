import { MAX_PARTIES } from "../../../shared/base/limits.ts";
import { wrong } from "../scenario.ts";
import { createSeededRandom } from "../seeded.ts";

/** One file's records among boroughs, by name: at random by the scenario's seed, or one borough for each code of a column. */
export type Split = ReadonlyMap<string, readonly string[][]>;

export function dealOut(records: readonly string[][], into: number | undefined, seed: number): Split {
  if (into === undefined) throw wrong("split.into", "is needed: among how many boroughs");
  if (records.length < into) throw wrong("split.into", `${into} boroughs for ${records.length} rows`);
  const groups = new Map<string, string[][]>();
  for (let index = 1; index <= into; index++) groups.set(`borough-${String(index).padStart(2, "0")}`, []);
  const names = [...groups.keys()];
  const random = createSeededRandom(seed, "split");
  const dice = random.bytes(4 * records.length);
  const view = new DataView(dice.buffer, dice.byteOffset);
  for (const [index, record] of records.entries()) groups.get(names[view.getUint32(4 * index) % into]!)!.push(record);
  return groups;
}

/** @param by a column's name in the file */
export function byCode(records: readonly string[][], header: readonly string[], by: string): Split {
  const place = header.indexOf(by);
  if (place < 0) throw wrong("split.by", `the file has no attribute or column ${by}`);
  const codes = new Map<string, string[][]>();
  for (const record of records) {
    const code = record[place]!.trim();
    const rows = codes.get(code) ?? [];
    rows.push(record);
    codes.set(code, rows);
  }
  if (codes.size > MAX_PARTIES) {
    throw wrong("split.by", `${by} has ${codes.size} codes, and at most ${MAX_PARTIES} boroughs can take part`);
  }
  const groups = new Map<string, string[][]>();
  for (const [code, rows] of [...codes].sort(([a], [b]) => a.localeCompare(b))) groups.set(nameOf(code, groups), rows);
  return groups;
}

/** Codes that differ only in signs, such as "<50" and ">50", are boroughs of their own. */
function nameOf(code: string, taken: ReadonlyMap<string, unknown>): string {
  const plain = `at-${code}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MOST_NAME)
    .replace(/-+$/, "");
  let name = plain;
  for (let next = 2; taken.has(name); next++) name = `${plain}-${next}`;
  return name;
}

const MOST_NAME = 50;
