import type { Receipt } from "../../shared/protocol/relay.ts";

/** A message on its way in: chunks from the agreed offset, then its receipt. */
export interface Posting {
  append(chunk: Uint8Array): Promise<void>;
  finish(): Promise<Receipt>;
}
