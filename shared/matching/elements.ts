import type { RandomSource } from "../base/clock.ts";
import { concatBytes } from "../base/bytes.ts";
import { assert } from "../base/errors.ts";
import { ELEMENT_BYTES } from "../crypto/curve-elements.ts";
import { prefixedLabel, sha256OfMany } from "../crypto/hash.ts";
import type { CurveWork } from "./curve-work.ts";
import { paddedRows } from "./padding.ts";
import type { KeyColumns } from "./population.ts";
import { DIGEST_BYTES } from "./unit-digests.ts";

/**
 * An owner's rows as group elements (protocol.md, "double-salt"): P(x) = Elligator map of H(J*, column, value). They
 * depend on the attempt and on no partner, so they are made once; each partner then gets them under a scalar of its own.
 */
export interface Elements {
  /** Padding included, after the units. */
  readonly rows: number;
  /** One column a key, rows × 32 bytes. Never leave unmasked: anybody can compute P of a guess. */
  readonly columns: readonly Uint8Array[];
}

/**
 * Cells that are missing or not unique, and padding, are maps of random values, made the same way.
 * @param jobKey J*
 */
export async function mapColumns(
  columns: KeyColumns,
  jobKey: Uint8Array,
  curve: CurveWork,
  random: RandomSource,
): Promise<Elements> {
  const { keys, units, digests, usable } = columns;
  const rows = paddedRows(units);
  const mapped: Uint8Array[] = [];
  for (let key = 0; key < keys; key++) {
    const prefix = concatBytes(prefixedLabel("portmoot/element/v1"), jobKey, Uint8Array.of(key));
    const message = concatBytes(prefix, new Uint8Array(DIGEST_BYTES));
    const seeds = new Uint8Array(rows * ELEMENT_BYTES);
    const filler = random.bytes(rows * DIGEST_BYTES);
    const seedOf = (row: number, value: Uint8Array) => {
      message.set(value, prefix.length);
      seeds.set(sha256OfMany(message), row * ELEMENT_BYTES);
    };
    const fillerOf = (row: number) => filler.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
    for (const block of digests.blocks(key)) {
      const values = block.digestsOf(key);
      for (let place = 0; place < block.units; place++) {
        const row = block.first + place;
        const isReal = usable[row * keys + key] === 1;
        seedOf(row, isReal ? values.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES) : fillerOf(row));
      }
    }
    for (let row = units; row < rows; row++) seedOf(row, fillerOf(row));
    mapped.push(await curve.map(seeds));
    seeds.fill(0);
  }
  return { rows, columns: mapped };
}

/** a·P(x), in the order of the elements. @param scalar of one ordered pair of one attempt */
export async function maskElements(
  { rows, columns }: Elements,
  scalar: Uint8Array,
  curve: CurveWork,
): Promise<Elements> {
  const masked: Uint8Array[] = [];
  for (const column of columns) {
    const products = await curve.multiply(scalar, column);
    assert(products instanceof Uint8Array, "mapped elements are of the prime-order group");
    masked.push(products);
  }
  return { rows, columns: masked };
}
