import { ProtocolError } from "../base/errors.ts";
import type { TagList } from "./list.ts";

/**
 * What a matcher tells an owner after a release: for each row of the owner's own padded list one byte, 0 or the place of
 * the match key that agreed, from 1 (protocol.md, Matching, "own-side-list"). Its length is the bucket's, whatever
 * matched; the partner's rows have no place in it.
 *
 * Bytes stand in the owner's order: by the handle that a row carried, or by its place in the list where rows carry none.
 */
export const PADDING_ROW = 0;

/** @param rows row numbers of the list that matched @param keys the key of each */
export function replyFor(
  { rows, handles }: Pick<TagList, "rows" | "handles">,
  matchedRows: Uint32Array,
  keys: Uint8Array,
): Uint8Array {
  const reply = new Uint8Array(rows);
  for (const [index, row] of matchedRows.entries()) reply[handles === null ? row : handles[row]!] = keys[index]! + 1;
  return reply;
}

/**
 * @param places by handle: the owner's source row, from 1, PADDING_ROW for padding
 * @returns source rows that matched, ascending, with the index of the key
 * @throws ProtocolError "integrity" for another length, a key that the cascade has not, or a match of padding
 */
export function readReply(
  reply: Uint8Array,
  places: Uint32Array,
  keys: number,
): { readonly row: number; readonly key: number }[] {
  if (reply.length !== places.length) {
    throw new ProtocolError("integrity", `own-side list: expected ${places.length} bytes, found ${reply.length}`);
  }
  const matched: { row: number; key: number }[] = [];
  for (const [handle, value] of reply.entries()) {
    if (value === 0) continue;
    if (value > keys) throw new ProtocolError("integrity", "own-side list: names a match key that there is not");
    const row = places[handle]!;
    if (row === PADDING_ROW) throw new ProtocolError("integrity", "own-side list: says that padding matched");
    matched.push({ row, key: value - 1 });
  }
  return matched.sort((a, b) => a.row - b.row);
}
