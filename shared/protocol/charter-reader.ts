import { isEqualBytes } from "../base/bytes.ts";
import { charterDigest, decodeCharter, type Charter } from "./charter.ts";

/** A stored charter and what people approve of it. */
export interface ReadCharter {
  readonly charter: Charter;
  readonly digest: Uint8Array;
}

/**
 * `decodeCharter` for those who ask for the same stored charter at every message: the last one is remembered, byte for
 * byte, so that nothing but the very same bytes is answered from memory. It remembers what a charter says, never that
 * somebody agreed to it.
 * @returns a function that throws as `decodeCharter` does
 */
export function createCharterReader(): (encoded: Uint8Array) => ReadCharter {
  let last: { readonly encoded: Uint8Array; readonly read: ReadCharter } | null = null;
  return (encoded) => {
    if (last === null || !isEqualBytes(last.encoded, encoded)) {
      const charter = decodeCharter(encoded);
      last = { encoded: encoded.slice(), read: { charter, digest: charterDigest(charter) } };
    }
    return last.read;
  };
}
