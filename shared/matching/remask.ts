import type { RandomSource } from "../base/clock.ts";
import { ProtocolError } from "../base/errors.ts";
import { ELEMENT_BYTES, findNonCanonical } from "../crypto/curve-elements.ts";
import { digest } from "../crypto/hash.ts";
import { createTagKeying } from "../crypto/keyed-index.ts";
import { createTagLanes } from "../crypto/tag-lanes.ts";
import { TAG_BYTES } from "../crypto/tags.ts";
import type { CurveWork } from "./curve-work.ts";
import type { PackedRows } from "./packed-rows.ts";
import { indexTags, tagWords } from "./tag-index.ts";

/**
 * The partner's half of double-salt: checks a masked list, multiplies it by the own scalar and shortens each product to
 * a tag. Both owners' lists end as H(a·b·P(x)), which neither of them nor the matcher can compute for a guess alone.
 *
 * Refused: an element not written in its one canonical form, one of small order, and any two cells whose products are
 * equal, over all rows and columns: eight points that differ by small order give one product, and a value sent twice
 * would count the partner's rows. An element of the twist is multiplied as any other: its product equals no honest one.
 * @throws ProtocolError "integrity" naming the rule
 */
export async function remaskRows(
  masked: PackedRows,
  options: {
    readonly scalar: Uint8Array;
    readonly jobKey: Uint8Array;
    readonly pair: readonly [number, number];
    readonly curve: CurveWork;
    readonly random: RandomSource;
  },
): Promise<PackedRows> {
  const { rows, columns, payloads } = masked;
  const { scalar, jobKey, pair, curve, random } = options;
  const products: Uint8Array[] = [];
  for (const column of columns) {
    if (findNonCanonical(column) >= 0) throw refused("an element is not in its canonical form");
    const product = await curve.multiply(scalar, column);
    if (!(product instanceof Uint8Array)) throw refused("an element is of small order");
    products.push(product);
  }
  requireDistinct(products, random);
  // A public key: this is a hash that is bound to the attempt, the pair and the column.
  const lanes = createTagLanes(digest("portmoot/remasked/v1", [jobKey, ...pair]));
  const tags = products.map((product, key) => {
    const column = new Uint8Array(rows * TAG_BYTES);
    lanes.tagAll(new Uint8Array(rows).fill(key), product, column);
    return column;
  });
  return { rows, columns: tags, payloads };
}

/** By the first 16 bytes of each product: nobody without the scalar can aim two different ones at the same. */
function requireDistinct(products: readonly Uint8Array[], random: RandomSource): void {
  const cells = products.reduce((sum, { length }) => sum + length / ELEMENT_BYTES, 0);
  const starts = new Uint8Array(cells * TAG_BYTES);
  let at = 0;
  for (const product of products) {
    for (let from = 0; from < product.length; from += ELEMENT_BYTES, at += TAG_BYTES) {
      starts.set(product.subarray(from, from + TAG_BYTES), at);
    }
  }
  const index = indexTags(tagWords(createTagKeying(random)(starts)));
  if ("repeated" in index) throw refused("two cells are one element");
}

function refused(rule: string): ProtocolError {
  return new ProtocolError("integrity", `masked list: ${rule}`);
}
