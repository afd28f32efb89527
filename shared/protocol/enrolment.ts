import { z } from "zod";
import { isEqualBytes } from "../base/bytes.ts";
import { decodeValue, encodeValue } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { parseShape } from "../base/shape.ts";
import type { StatementSigner } from "../base/statement.ts";
import { sha256 } from "../crypto/hash.ts";
import { openStatement } from "./identity.ts";
import { partyName } from "./roster.ts";

/**
 * Enrolment (protocol.md, "Identity"): with the invitation's secret, a borough hands in its root key, the delegation of
 * its operational key and a certificate request, and proves that it holds both keys by one statement over all of it.
 */
const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const MAX_CSR_BYTES = 4096;

const request = z.strictObject({
  name: partyName,
  secret: bytes(32),
  csrDer: anyBytes.refine((der) => der.length <= MAX_CSR_BYTES, `expected at most ${MAX_CSR_BYTES} bytes`),
  rootKey: bytes(32),
  proof: anyBytes,
});
export type EnrolmentRequest = z.infer<typeof request>;

const reply = z.strictObject({
  certificateDer: anyBytes,
  caDer: anyBytes,
  roster: anyBytes,
  /** Of the listener for everything after enrolment, on the invitation's host. */
  relayPort: z.number().int().min(1).max(65_535),
});
export type EnrolmentReply = z.infer<typeof reply>;

const ENROLMENT_LABEL = "portmoot/enrolment/v1";

function proofBody({ name, secret, csrDer, rootKey }: Omit<EnrolmentRequest, "proof">) {
  return { name, rootKey, secretSha256: sha256(secret), csrSha256: sha256(csrDer) };
}

/** The request's body. @param signer the node's own, whose delegation its root key signed */
export function encodeEnrolmentRequest(body: Omit<EnrolmentRequest, "proof">, signer: StatementSigner): Uint8Array {
  return encodeValue({ ...body, proof: signer.sign(ENROLMENT_LABEL, proofBody(body)) });
}

/** @throws ProtocolError "malformed", or "integrity" unless the root key's delegate signed exactly this request */
export function openEnrolmentRequest(encoded: Uint8Array, nowMs: number): EnrolmentRequest {
  const body = parseShape(request, decodeValue(encoded), "enrolment request");
  const proven = openStatement(body.rootKey, ENROLMENT_LABEL, body.proof, nowMs);
  if (!isEqualBytes(encodeValue(proven), encodeValue(proofBody(body)))) {
    throw new ProtocolError("integrity", "enrolment request: the proof is for another request");
  }
  return body;
}

export function encodeEnrolmentReply(body: EnrolmentReply): Uint8Array {
  return encodeValue({ ...body });
}

/** @throws ProtocolError "malformed" */
export function decodeEnrolmentReply(encoded: Uint8Array): EnrolmentReply {
  return parseShape(reply, decodeValue(encoded), "enrolment reply");
}
