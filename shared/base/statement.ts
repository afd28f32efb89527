import type { Value } from "./encoding.ts";

/**
 * A statement: a canonical body signed under a label by a party's operational key, carrying the delegation
 * from that party's root key (protocol.md, "Identity"). The layers below shared/protocol only see these two
 * interfaces, so that they can be read and tested without knowing how keys are delegated.
 */

export interface StatementSigner {
  /** The encoded statement: body, delegation and signature. */
  sign(label: string, body: Value): Uint8Array;
}

export interface StatementVerifier {
  /**
   * The body of a statement by the party at charter position `party`.
   * @throws ProtocolError "integrity" unless signature, label and delegation hold under that party's confirmed root key.
   */
  open(party: number, label: string, statement: Uint8Array): Value;
}
