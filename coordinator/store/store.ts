import type { PostHeader } from "../../shared/protocol/relay.ts";
import type { MessageType, NoticeType } from "../../shared/protocol/messages.ts";
import type { RoundStore } from "./sqlite/rounds.ts";

/**
 * The coordinator's state, as whole operations that are each atomic inside. Asynchronous, so that another database can
 * stand behind it; no operation waits for anything but the database. No count, tag, salt or opened sum has a place here.
 */
export interface Store {
  readonly rounds: RoundStore;

  addInvitation(invitation: { secretSha256: Uint8Array; name: string; expiresMs: number }): Promise<void>;
  /**
   * Uses an invitation up and enters the party under a new roster, with a notice to everybody, or changes nothing.
   * A party that enrols again keeps its root key and gets the new certificate.
   */
  enrol(enrolment: {
    secretSha256: Uint8Array;
    name: string;
    rootKey: Uint8Array;
    certificateSha256: Uint8Array;
    nowMs: number;
  }): Promise<"enrolled" | "unknown-invitation" | "expired" | "used" | "other-name" | "other-key">;
  party(name: string): Promise<PartyRow | null>;
  parties(): Promise<PartyRow[]>;
  /** Who holds a certificate, if it has not been revoked; marks the party as seen. */
  partyOfCertificate(certificateSha256: Uint8Array, nowMs: number): Promise<PartyRow | null>;
  renewCertificate(name: string, certificateSha256: Uint8Array): Promise<void>;
  /** False where there is no such party. Takes effect on the party's next message; a new roster leaves it out. */
  revoke(name: string, nowMs: number): Promise<boolean>;

  /** The newest signed roster, with the digest that job specs name it by. */
  newestRoster(): Promise<{ version: number; body: Uint8Array; digest: Uint8Array } | null>;
  /** Keeps a charter and tells its parties; false where this id and version exist with another content. */
  addCharter(charter: CharterRow, recipients: readonly string[], nowMs: number): Promise<boolean>;
  charter(digest: Uint8Array): Promise<CharterRow | null>;
  charters(): Promise<CharterRow[]>;

  /** Enters a header; the row that stands under its identifier or its route afterwards, whosever it is. */
  beginMessage(sender: string, header: PostHeader): Promise<MessageRow>;
  message(messageId: Uint8Array): Promise<MessageRow | null>;
  /** Appends if the message holds exactly `offset` bytes; false otherwise. */
  appendChunk(messageId: Uint8Array, offset: number, bytes: Uint8Array): Promise<boolean>;
  /** Drops what came of a message, to begin anew. */
  dropMessage(messageId: Uint8Array): Promise<void>;
  /** Marks a message complete with its receipt, and tells a recipient that is a party. */
  completeMessage(
    messageId: Uint8Array,
    atMs: number,
    receiptSignature: Uint8Array,
    notice: NoticeDraftRow | null,
  ): Promise<void>;
  /** Stored chunks from a byte offset on, as they were posted. */
  chunks(messageId: Uint8Array, offset: number): AsyncIterable<Uint8Array>;
  /** The recipient has it: the body goes, the fact stays. */
  acknowledge(messageId: Uint8Array): Promise<void>;
  /** Bytes of sealed bodies that wait for a recipient. */
  waitingBytes(recipient: string): Promise<number>;
  countOutsideRounds(sender: string): Promise<number>;
  /** Complete bodies of a kind addressed to the coordinator, oldest first. */
  received(round: Uint8Array | null, attempt: number, type: MessageType): Promise<ReceivedBody[]>;

  appendNotice(notice: NoticeDraftRow): Promise<void>;
  noticesAfter(recipient: string, after: number, limit: number): Promise<NoticeRow[]>;
  /** Resolves when something may have changed, from this process or another, or the signal is raised. */
  changed(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface PartyRow {
  readonly name: string;
  readonly rootKey: Uint8Array;
  readonly certificateSha256: Uint8Array;
  readonly joinedMs: number;
  readonly seenMs: number | null;
  readonly revokedMs: number | null;
}

export interface CharterRow {
  readonly digest: Uint8Array;
  readonly id: string;
  readonly version: number;
  readonly body: Uint8Array;
}

export interface MessageRow {
  readonly messageId: Uint8Array;
  readonly sender: string;
  readonly recipient: string;
  readonly type: MessageType;
  readonly round: Uint8Array | null;
  readonly attempt: number;
  readonly pair: readonly [number, number] | null;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly heldBytes: number;
  readonly completeMs: number | null;
  readonly receiptSignature: Uint8Array | null;
}

export interface ReceivedBody {
  readonly from: string;
  readonly messageId: Uint8Array;
  readonly body: Uint8Array;
}

export interface NoticeDraftRow {
  readonly to: string;
  readonly type: NoticeType;
  readonly round: Uint8Array | null;
  readonly attempt: number;
  readonly body: Uint8Array;
}

export interface NoticeRow {
  readonly number: number;
  readonly type: NoticeType;
  readonly round: Uint8Array | null;
  readonly attempt: number;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** What the store asks of the coordinator's key: the only signatures made inside a transaction. */
export interface StoreSigner {
  notice(to: string, notice: Omit<NoticeRow, "signature">): Uint8Array;
  /** The signed roster of these parties. */
  roster(version: number, parties: readonly { name: string; rootKey: Uint8Array }[]): Uint8Array;
}
