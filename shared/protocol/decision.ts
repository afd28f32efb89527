import { z } from "zod";
import { decodeValue, encodeValue } from "../base/encoding.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { signBytes, verifySignature } from "../crypto/signature.ts";
import { plainText } from "./plain-text.ts";

/**
 * A named person's decision on one exact charter, signed with the person's own key, never with the node's. The node
 * passes it on in a statement of its own; the coordinator keeps both.
 */
const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const decision = z.strictObject({
  charter: bytes(32),
  party: z.string().max(64),
  person: plainText(200),
  role: plainText(200),
  personKey: bytes(32),
  decision: z.enum(["approve", "refuse"]),
  /** Empty for an approval that needs none. */
  reason: plainText(2000, 0),
  atMs: z.number().int().positive(),
  /** Digest of the rehearsal that an approval rests on (rehearsal.ts). */
  rehearsal: bytes(32).exactOptional(),
});
export type Decision = z.infer<typeof decision>;

const signedDecision = z.strictObject({ body: decision, signature: bytes(64) });

/** Of the party's own statement around a person's decision. */
export const DECISION_LABEL = "portmoot/decision/v1";
const PERSON_LABEL = "portmoot/person-decision/v1";

/** @throws ProtocolError "bad-input" naming the field, such as a reason that is too long */
export function signDecision(personSecret: Uint8Array, own: Decision): Uint8Array {
  const body = { ...parseShape(decision, own, "decision", "bad-input") };
  return encodeValue({ body, signature: signBytes(personSecret, digest(PERSON_LABEL, body)) });
}

/** @throws ProtocolError "integrity" unless the person's key named in it signed it. */
export function openDecision(encoded: Uint8Array): Decision {
  const { body, signature } = parseShape(signedDecision, decodeValue(encoded), "decision");
  verifySignature(body.personKey, digest(PERSON_LABEL, body), signature);
  return body;
}
