import { z } from "zod";
import { base64UrlToBytes, bytesToBase64Url, concatBytes, isEqualBytes } from "../base/bytes.ts";
import { decodeValue, encodeValue } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { partyName } from "./roster.ts";

/**
 * A single-use, expiring invitation: one line of text that a borough gets by another road than the network. With it
 * the node can check the coordinator's certificate authority before it sends anything.
 */
const PREFIX = "portmoot-invitation:";
const CHECKSUM_BYTES = 4;

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const invitation = z.strictObject({
  /** host:port of the enrolment listener. */
  address: z
    .string()
    .max(255)
    .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, "expected host:port"),
  /** SHA-256 of the authority's certificate, DER. */
  caSha256: bytes(32),
  /** The key that signs receipts, notices and rosters. */
  coordinatorKey: bytes(32),
  name: partyName,
  secret: bytes(32),
  expiresMs: z.number().int().positive(),
});
export type Invitation = z.infer<typeof invitation>;

export function encodeInvitation(body: Invitation): string {
  const encoded = encodeValue({ ...body });
  return `${PREFIX}${bytesToBase64Url(concatBytes(encoded, checksum(encoded)))}`;
}

/** @throws ProtocolError "bad-input" for a cut, changed or foreign text. It does not look at the expiry. */
export function decodeInvitation(text: string): Invitation {
  const hint = "ask the coordinator's operator for a new invitation: portmoot coordinator invite NAME";
  const trimmed = text.trim();
  const whole = trimmed.startsWith(PREFIX) ? base64UrlToBytes(trimmed.slice(PREFIX.length)) : null;
  if (whole === null || whole.length <= CHECKSUM_BYTES) {
    throw new ProtocolError("bad-input", `invitation: expected text that begins with ${PREFIX}`, { hint });
  }
  const encoded = whole.slice(0, -CHECKSUM_BYTES);
  if (!isEqualBytes(checksum(encoded), whole.slice(-CHECKSUM_BYTES))) {
    throw new ProtocolError("bad-input", "invitation: a part was lost or changed in copying", { hint });
  }
  return parseShape(invitation, decodeValue(encoded), "invitation", "bad-input");
}

function checksum(encoded: Uint8Array): Uint8Array {
  return digest("portmoot/invitation/v1", encoded).slice(0, CHECKSUM_BYTES);
}
