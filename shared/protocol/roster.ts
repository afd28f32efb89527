import { z } from "zod";
import { decodeValue, encodeValue } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { signBytes, verifySignature } from "../crypto/signature.ts";
import { plainText } from "./plain-text.ts";

/**
 * The roster: which names enrolled with which root keys. Signed by the coordinator and versioned; it introduces
 * parties, it confirms nobody. A root key counts only once people here have confirmed it.
 */
const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");

export const partyName = z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/, "expected 2 to 63 of a-z, 0-9 and -");

const roster = z.strictObject({
  version: z.number().int().min(1),
  coordinator: z.strictObject({ name: plainText(200), rootKey: bytes(32) }),
  parties: z.array(z.strictObject({ name: partyName, rootKey: bytes(32) })).max(10 * MAX_PARTIES),
});
export type Roster = z.infer<typeof roster>;

const signedRoster = z.strictObject({ body: anyBytes, signature: bytes(64) });

const ROSTER_LABEL = "portmoot/roster/v1";

export function signRoster(secretKey: Uint8Array, body: Roster): Uint8Array {
  const parsed = parseShape(roster, body, "roster");
  const encoded = encodeValue({
    version: parsed.version,
    coordinator: { ...parsed.coordinator },
    parties: parsed.parties.map((party) => ({ ...party })),
  });
  return encodeValue({ body: encoded, signature: signBytes(secretKey, digest(ROSTER_LABEL, encoded)) });
}

/**
 * @param leastVersion the newest version seen so far: nothing older is believed, so that nobody is un-revoked
 * @throws ProtocolError "integrity"
 */
export function verifyRoster(coordinatorKey: Uint8Array, encoded: Uint8Array, leastVersion: number): Roster {
  const { body, signature } = parseShape(signedRoster, decodeValue(encoded), "roster");
  verifySignature(coordinatorKey, digest(ROSTER_LABEL, body), signature);
  const parsed = parseShape(roster, decodeValue(body), "roster");
  if (parsed.version < leastVersion) {
    throw new ProtocolError(
      "integrity",
      `roster: version ${parsed.version} is older than ${leastVersion}, seen before`,
    );
  }
  return parsed;
}

/** What the job spec names a roster by. */
export function rosterDigest(encoded: Uint8Array): Uint8Array {
  return digest("portmoot/signed-roster/v1", encoded);
}
