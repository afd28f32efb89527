import type { RandomSource } from "../../shared/base/clock.ts";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import { shuffle } from "../../shared/crypto/permutation.ts";
import { TAG_BYTES } from "../../shared/crypto/tags.ts";
import { inlineCurveWork, type CurveWork } from "../../shared/matching/curve-work.ts";
import { mapColumns, maskElements } from "../../shared/matching/elements.ts";
import { scrambleLabels, type LabelCodes, type TagList } from "../../shared/matching/list.ts";
import { decodeRows, encodeRows, type PackedRows } from "../../shared/matching/packed-rows.ts";
import { openPayloads, PAYLOAD_BYTES, payloadsDigest, sealPayloads } from "../../shared/matching/payloads.ts";
import type { KeyColumns } from "../../shared/matching/population.ts";
import { remaskRows } from "../../shared/matching/remask.ts";

/** What the two owners of a pair and its matcher do under double-salt, step by step, without nodes around it. */
export interface DoublePair {
  readonly jobKey: Uint8Array;
  readonly pair: readonly [number, number];
  readonly random: RandomSource;
  readonly curve?: CurveWork;
}

export interface MaskedList {
  readonly frames: readonly Uint8Array[];
  /** The unit in each place; padding from the number of units on. */
  readonly order: Uint32Array;
  readonly rows: number;
  readonly digest: Uint8Array;
  readonly payloadKey: Uint8Array;
}

const shapeOf = (keys: number, cellBytes: number) => ({ keys, cellBytes, payloadBytes: PAYLOAD_BYTES });
const MAXIMUM = { maximumRows: 1_000_000 };

function freshOrder(rows: number, random: RandomSource): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, place) => place);
  shuffle(order, random);
  return order;
}

/** An owner's list as it leaves for the partner. */
export async function maskedList(
  { jobKey, random, curve = inlineCurveWork }: DoublePair,
  columns: KeyColumns,
  scalar: Uint8Array,
  labelCodes: LabelCodes,
): Promise<MaskedList> {
  const masked = await maskElements(await mapColumns(columns, jobKey, curve, random), scalar, curve);
  const payloadKey = random.bytes(32);
  const payloads = sealPayloads(
    payloadKey,
    masked.rows,
    { labels: scrambleLabels(columns, masked.rows, labelCodes), handles: null },
    random,
  );
  const order = freshOrder(masked.rows, random);
  const frames = [...encodeRows({ ...masked, payloads }, shapeOf(columns.keys, ELEMENT_BYTES), order)];
  return { frames, order, rows: masked.rows, digest: payloadsDigest(payloads), payloadKey };
}

/** What the partner passes on to the matcher, and where each row went. @param change what a lying owner did to the rows */
export async function remaskedList(
  { jobKey, pair, random, curve = inlineCurveWork }: DoublePair,
  { frames }: Pick<MaskedList, "frames">,
  keys: number,
  scalar: Uint8Array,
  change: (rows: PackedRows) => PackedRows = (rows) => rows,
): Promise<{ frames: readonly Uint8Array[]; order: Uint32Array }> {
  const masked = change(decodeRows(frames, { ...shapeOf(keys, ELEMENT_BYTES), ...MAXIMUM }));
  const remasked = await remaskRows(masked, { scalar, jobKey, pair, curve, random });
  const order = freshOrder(remasked.rows, random);
  return { frames: [...encodeRows(remasked, shapeOf(keys, TAG_BYTES), order)], order };
}

/** What the matcher makes of it. */
export function openedList(
  frames: readonly Uint8Array[],
  keys: number,
  { digest, payloadKey }: Pick<MaskedList, "digest" | "payloadKey">,
): TagList {
  const { rows, columns, payloads } = decodeRows(frames, { ...shapeOf(keys, TAG_BYTES), ...MAXIMUM });
  return { rows, columns, ...openPayloads(payloadKey, payloads, digest, { labels: true, handles: false }) };
}

/** Both lists as the matcher holds them, and which unit stands in each row. */
export async function doubleLists(
  around: DoublePair,
  left: KeyColumns,
  right: KeyColumns,
  labelCodes: { readonly left: LabelCodes; readonly right: LabelCodes },
) {
  const [a, b] = [around.random.bytes(32), around.random.bytes(32)];
  const one = async (columns: KeyColumns, own: Uint8Array, other: Uint8Array, codes: LabelCodes) => {
    const masked = await maskedList(around, columns, own, codes);
    const passed = await remaskedList(around, masked, columns.keys, other);
    const list = openedList(passed.frames, columns.keys, masked);
    return { list, unitOf: (row: number) => masked.order[passed.order[row] ?? -1] ?? -1 };
  };
  return { left: await one(left, a, b, labelCodes.left), right: await one(right, b, a, labelCodes.right) };
}
