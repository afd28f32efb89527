import { IN_MEMORY, type Workspace } from "../base/scratch.ts";
import { collapseByReference } from "./collapse.ts";
import { compileCascade, type CascadeKey } from "./match-key.ts";
import type { PopulationRow } from "./population-row.ts";
import { STANDARD_TABLES, type TransformTables } from "./transforms.ts";
import { judgeValues, type KeyCounts } from "./unique-values.ts";
import { UnitDigests } from "./unit-digests.ts";

export type { PopulationRow };

/**
 * The units that enter a match and their key values (protocol.md, Matching, "Rows"): a million units of one key take 33
 * bytes each, in memory or in a scratch file, and a list can be made for every partner without looking at a row again.
 */
export interface KeyColumns {
  readonly units: number;
  readonly keys: number;
  /** SHA-256 of each key's components, unit after unit; random-looking to nobody but this node. */
  readonly digests: UnitDigests;
  /** units × keys: 1 where the key is there and unique among all units. */
  readonly usable: Uint8Array;
  readonly labels: Uint16Array;
  /** First row of each unit. */
  readonly rows: Uint32Array;
  readonly funnel: Funnel;
}

export interface KeyFunnel extends KeyCounts {
  readonly key: string;
}

export interface Funnel {
  readonly rows: number;
  readonly units: number;
  /** Marked no_match, or sharing a key with one that is: they never enter. */
  readonly withheld: number;
  /** That enter and have no key at all: what each needs is missing. */
  readonly keyless: number;
  /** With at least one usable key. */
  readonly usable: number;
  readonly perKey: readonly KeyFunnel[];
}

/**
 * @param rows each in the order of `fields`; with `collapse` to be read several times, the same each time
 * @param options.collapse "reference": rows with equal reference are one unit (collapse.ts)
 * @param options.tables those of the charter; the program's own without
 * @param options.workspace where the digests are kept; whoever gets them closes them
 * @throws ProtocolError "unavailable" without room on the disk
 */
export function collectKeyColumns(
  rows: Iterable<PopulationRow>,
  options: {
    readonly fields: readonly string[];
    readonly cascade: readonly CascadeKey[];
    readonly collapse: "none" | "reference";
    readonly tables?: TransformTables;
    readonly workspace?: Workspace;
  },
): KeyColumns {
  const { fields, cascade, collapse, tables = STANDARD_TABLES, workspace = IN_MEMORY } = options;
  const keys = cascade.length;
  const positions = new Map(fields.map((field, index) => [field, index]));
  const digestsOf = compileCascade(cascade, tables);
  const digests = new UnitDigests(keys, workspace);
  try {
    const all = new GrowingUnits(keys);
    const counted = new CountedRows(rows);
    // One function for all rows: there are millions.
    let values: PopulationRow["values"] = [];
    const valueOf = (field: string) => values[positions.get(field) ?? -1] ?? null;
    for (const unit of collapse === "reference" ? collapseByReference(counted) : counted) {
      ({ values } = unit);
      const found = digestsOf(valueOf);
      digests.add(found);
      all.add(found, unit);
    }
    const units = all.finish();
    const withheld = units.flags.slice();
    const perKey = cascade.map(({ key }, column) => ({ key, ...judgeValues(column, { ...units, digests, withheld }) }));
    return keepEntering(digests, { ...units, withheld, rowCount: counted.count, perKey });
  } catch (error) {
    digests.close();
    throw error;
  }
}

/** Moves the units that enter to the front and cuts the rest off. */
function keepEntering(
  digests: UnitDigests,
  all: ReturnType<GrowingUnits["finish"]> & {
    readonly withheld: Uint8Array;
    readonly rowCount: number;
    readonly perKey: Funnel["perKey"];
  },
): KeyColumns {
  const { count, cells: usable, labels, firstRows, withheld, keyed } = all;
  const { keys } = digests;
  digests.leaveOut(withheld);
  let units = 0;
  let withUsableKey = 0;
  let keyless = 0;
  for (let unit = 0; unit < count; unit++) {
    if (withheld[unit] === 1) continue;
    if (units < unit) {
      usable.copyWithin(units * keys, unit * keys, (unit + 1) * keys);
      labels[units] = labels[unit]!;
      firstRows[units] = firstRows[unit]!;
    }
    if (usable.subarray(units * keys, (units + 1) * keys).includes(1)) withUsableKey++;
    if (keyed[unit] === 0) keyless++;
    units++;
  }
  return {
    units,
    keys,
    digests,
    usable: usable.subarray(0, units * keys),
    labels: labels.subarray(0, units),
    rows: firstRows.subarray(0, units),
    funnel: {
      rows: all.rowCount,
      units: count,
      withheld: count - units,
      keyless,
      usable: withUsableKey,
      perKey: all.perKey,
    },
  };
}

/** Counts the rows of the first pass over them. */
class CountedRows implements Iterable<PopulationRow> {
  readonly #rows: Iterable<PopulationRow>;
  count = 0;

  constructor(rows: Iterable<PopulationRow>) {
    this.#rows = rows;
  }

  *[Symbol.iterator](): Generator<PopulationRow> {
    this.count = 0;
    for (const row of this.#rows) {
      this.count++;
      yield row;
    }
  }
}

/** Flat arrays that double as units come in. */
class GrowingUnits {
  readonly #keys: number;
  #count = 0;
  #cells: Uint8Array;
  #flags = new Uint8Array(FIRST_CAPACITY);
  #keyed = new Uint8Array(FIRST_CAPACITY);
  #labels = new Uint16Array(FIRST_CAPACITY);
  #rows = new Uint32Array(FIRST_CAPACITY);

  constructor(keys: number) {
    this.#keys = keys;
    this.#cells = new Uint8Array(FIRST_CAPACITY * keys);
  }

  add(digests: readonly (Uint8Array | null)[], { row, label, noMatch }: PopulationRow): void {
    if (this.#count === this.#labels.length) this.#double();
    const unit = this.#count++;
    for (const [key, digest] of digests.entries()) {
      if (digest === null) continue;
      this.#cells[unit * this.#keys + key] = 1;
      this.#keyed[unit] = 1;
    }
    this.#flags[unit] = noMatch ? 1 : 0;
    this.#labels[unit] = label;
    this.#rows[unit] = row;
  }

  finish() {
    const count = this.#count;
    return {
      count,
      /** units × keys: 1 where the key is there. */
      cells: this.#cells,
      flags: this.#flags.subarray(0, count),
      /** 1 at each unit that has a key, shared with others or not. */
      keyed: this.#keyed,
      labels: this.#labels,
      firstRows: this.#rows,
    };
  }

  #double(): void {
    const twice = <T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#cells = twice(this.#cells, new Uint8Array(this.#cells.length * 2));
    this.#keyed = twice(this.#keyed, new Uint8Array(this.#keyed.length * 2));
    this.#flags = twice(this.#flags, new Uint8Array(this.#flags.length * 2));
    this.#labels = twice(this.#labels, new Uint16Array(this.#labels.length * 2));
    this.#rows = twice(this.#rows, new Uint32Array(this.#rows.length * 2));
  }
}

const FIRST_CAPACITY = 4096;
