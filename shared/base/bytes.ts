/**
 * Byte strings: the few operations every layer needs. Nothing here is secret-safe: comparing secrets
 * belongs to shared/crypto, which is constant-time.
 */

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Equality of public byte strings (digests, keys that everybody may see). Not constant-time. */
export function isEqualBytes(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) === 0;
}

/** Lexicographic order by unsigned byte, shorter first: the order of every sorted set on the wire. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function bytesToHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

export function bytesToBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/** The bytes, or `null` where the text is not exactly what `bytesToHex` writes. */
export function hexToBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Buffer.from(text, "hex"));
  return bytesToHex(bytes) === text ? bytes : null;
}

/** The bytes, or `null` where the text is not exactly what `bytesToBase64Url` writes. */
export function base64UrlToBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return bytesToBase64Url(bytes) === text ? bytes : null;
}

export function textToBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `value` as four big-endian bytes. @param value an integer, 0 … 2^32-1 */
export function u32ToBytes(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}
