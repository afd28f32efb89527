import { compileCascade, type CascadeKey } from "./match-key.ts";
import { indexDigests } from "./unit-values.ts";

/** A row of the population, standardised. `values` in the order of the fields asked for. */
export interface PopulationRow {
  readonly row: number;
  readonly values: readonly (string | null)[];
  readonly reference: string | null;
  /** Index of the row's label code; 0 without labels. */
  readonly label: number;
  readonly noMatch: boolean;
}

export const DIGEST_BYTES = 32;

/**
 * The units that enter a match and their key values (protocol.md, Matching, "Rows"): flat arrays, so that a million
 * units of one key take 33 bytes each and a list can be made for every partner without looking at a row again.
 */
export interface KeyColumns {
  readonly units: number;
  readonly keys: number;
  /** units × keys × 32: SHA-256 of the key's components; random-looking to nobody but this node. */
  readonly digests: Uint8Array;
  /** units × keys: 1 where the key is there and unique among all units. */
  readonly usable: Uint8Array;
  readonly labels: Uint16Array;
  /** First row of each unit. */
  readonly rows: Uint32Array;
  readonly funnel: Funnel;
}

/** Of one match key, over all units, withheld ones too: how many have it, its values, and units that are alone with theirs. */
export interface KeyFunnel {
  readonly key: string;
  readonly present: number;
  readonly distinct: number;
  readonly unique: number;
}

export interface Funnel {
  readonly rows: number;
  readonly units: number;
  /** Marked no_match, or sharing a key with one that is: they never enter. */
  readonly withheld: number;
  /** With at least one usable key. */
  readonly usable: number;
  readonly perKey: readonly KeyFunnel[];
}

/**
 * @param rows each in the order of `fields`
 * @param options.collapse "reference": rows with equal reference are one unit, with the first value there is of each
 * field, the least label index, and no_match if any row has it; rows without a reference stay units of their own
 */
export function collectKeyColumns(
  rows: Iterable<PopulationRow>,
  options: {
    readonly fields: readonly string[];
    readonly cascade: readonly CascadeKey[];
    readonly collapse: "none" | "reference";
  },
): KeyColumns {
  const { fields, cascade } = options;
  const keys = cascade.length;
  const positions = new Map(fields.map((field, index) => [field, index]));
  const digestsOf = compileCascade(cascade);
  const all = new GrowingUnits(keys);
  let rowCount = 0;
  const counted = (function* () {
    for (const row of rows) {
      rowCount++;
      yield row;
    }
  })();
  for (const unit of options.collapse === "reference" ? collapseByReference(counted) : counted) {
    all.add(
      digestsOf((field) => unit.values[positions.get(field) ?? -1] ?? null),
      unit,
    );
  }
  const { count, digests, present, flags, labels, firstRows } = all.finish();
  const usable = new Uint8Array(count * keys);
  const withheld = flags.slice(0, count);
  const perKey = cascade.map(({ key }, column) => {
    const values = indexDigests(digests, present, count, keys, column);
    let there = 0;
    let distinct = 0;
    let unique = 0;
    for (let unit = 0; unit < count; unit++) {
      const group = values.groupOf(unit);
      if (group < 0) continue;
      there++;
      if (group === unit) distinct++;
      // Whoever shares a key with a person at risk would lead to that person.
      if (values.isFlagged(group, flags)) withheld[unit] = 1;
      if (values.sizeOf(group) === 1) {
        unique++;
        usable[unit * keys + column] = 1;
      }
    }
    return { key, present: there, distinct, unique };
  });
  return keepEntering({ count, keys, digests, usable, labels, firstRows, withheld, rowCount, perKey });
}

/** Moves the units that enter to the front and cuts the rest off. */
function keepEntering(all: {
  count: number;
  keys: number;
  digests: Uint8Array;
  usable: Uint8Array;
  labels: Uint16Array;
  firstRows: Uint32Array;
  withheld: Uint8Array;
  rowCount: number;
  perKey: Funnel["perKey"];
}): KeyColumns {
  const { count, keys, digests, usable, labels, firstRows, withheld } = all;
  let units = 0;
  let withUsableKey = 0;
  for (let unit = 0; unit < count; unit++) {
    if (withheld[unit] === 1) continue;
    if (units < unit) {
      digests.copyWithin(units * keys * DIGEST_BYTES, unit * keys * DIGEST_BYTES, (unit + 1) * keys * DIGEST_BYTES);
      usable.copyWithin(units * keys, unit * keys, (unit + 1) * keys);
      labels[units] = labels[unit]!;
      firstRows[units] = firstRows[unit]!;
    }
    if (usable.subarray(units * keys, (units + 1) * keys).includes(1)) withUsableKey++;
    units++;
  }
  return {
    units,
    keys,
    digests: digests.subarray(0, units * keys * DIGEST_BYTES),
    usable: usable.subarray(0, units * keys),
    labels: labels.subarray(0, units),
    rows: firstRows.subarray(0, units),
    funnel: { rows: all.rowCount, units: count, withheld: count - units, usable: withUsableKey, perKey: all.perKey },
  };
}

function* collapseByReference(rows: Iterable<PopulationRow>): Generator<PopulationRow> {
  const units = new Map<string, PopulationRow>();
  for (const row of rows) {
    if (row.reference === null) {
      yield row;
      continue;
    }
    const known = units.get(row.reference);
    units.set(row.reference, known === undefined ? row : mergeRows(known, row));
  }
  yield* units.values();
}

function mergeRows(first: PopulationRow, next: PopulationRow): PopulationRow {
  return {
    row: first.row,
    reference: first.reference,
    values: first.values.map((value, index) => value ?? next.values[index] ?? null),
    label: Math.min(first.label, next.label),
    noMatch: first.noMatch || next.noMatch,
  };
}

/** Flat arrays that double as units come in. */
class GrowingUnits {
  readonly #keys: number;
  #count = 0;
  #digests: Uint8Array;
  #present: Uint8Array;
  #flags = new Uint8Array(FIRST_CAPACITY);
  #labels = new Uint16Array(FIRST_CAPACITY);
  #rows = new Uint32Array(FIRST_CAPACITY);

  constructor(keys: number) {
    this.#keys = keys;
    this.#digests = new Uint8Array(FIRST_CAPACITY * keys * DIGEST_BYTES);
    this.#present = new Uint8Array(FIRST_CAPACITY * keys);
  }

  add(digests: readonly (Uint8Array | null)[], { row, label, noMatch }: PopulationRow): void {
    if (this.#count === this.#labels.length) this.#double();
    const unit = this.#count++;
    for (const [column, digest] of digests.entries()) {
      if (digest === null) continue;
      this.#present[unit * this.#keys + column] = 1;
      this.#digests.set(digest, (unit * this.#keys + column) * DIGEST_BYTES);
    }
    this.#flags[unit] = noMatch ? 1 : 0;
    this.#labels[unit] = label;
    this.#rows[unit] = row;
  }

  finish() {
    return {
      count: this.#count,
      digests: this.#digests,
      present: this.#present,
      flags: this.#flags,
      labels: this.#labels,
      firstRows: this.#rows,
    };
  }

  #double(): void {
    const twice = <T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#digests = twice(this.#digests, new Uint8Array(this.#digests.length * 2));
    this.#present = twice(this.#present, new Uint8Array(this.#present.length * 2));
    this.#flags = twice(this.#flags, new Uint8Array(this.#flags.length * 2));
    this.#labels = twice(this.#labels, new Uint16Array(this.#labels.length * 2));
    this.#rows = twice(this.#rows, new Uint32Array(this.#rows.length * 2));
  }
}

const FIRST_CAPACITY = 4096;
