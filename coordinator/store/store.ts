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
  /** A look, before any work is done for a stranger; `enrol` decides. */
  invitationState(secretSha256: Uint8Array, nowMs: number): Promise<InvitationState>;
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
  }): Promise<"enrolled" | Exclude<InvitationState, "open"> | "other-name" | "other-key">;
  party(name: string): Promise<PartyRow | null>;
  parties(): Promise<PartyRow[]>;
  /** Who holds a certificate, if it has not been revoked; marks the party as seen. */
  partyOfCertificate(certificateSha256: Uint8Array, nowMs: number): Promise<PartyRow | null>;
  /** The certificate in use stays good until the new one is first used, however often a lost reply is asked for again. */
  renewCertificate(name: string, certificateSha256: Uint8Array): Promise<void>;
  /** False where there is no such party. Takes effect on the party's next message; a new roster leaves it out. */
  revoke(name: string, nowMs: number): Promise<boolean>;

  /** The newest signed roster, with the digest that job specs name it by. */
  newestRoster(): Promise<{ version: number; body: Uint8Array; digest: Uint8Array } | null>;
  /** Keeps a charter and tells its parties; false where this id and version exist with another content. */
  addCharter(charter: CharterRow, recipients: readonly string[], nowMs: number): Promise<boolean>;
  charter(digest: Uint8Array): Promise<CharterRow | null>;
  charters(): Promise<CharterRow[]>;

  /** Enters a header within the bounds; the row that stands under its identifier or its route afterwards, whosever it is. */
  beginMessage(sender: string, header: PostHeader, most: MailboxBounds): Promise<MessageRow | "full" | "too-many">;
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
  /** Complete bodies of a kind addressed to the coordinator, oldest first. */
  received(round: Uint8Array | null, attempt: number, type: MessageType): Promise<ReceivedBody[]>;

  /** Complete bodies of a kind from node to node: who sent what to whom, and whether the recipient has taken it. */
  posted(round: Uint8Array, attempt: number, type: MessageType): Promise<PostedMessage[]>;

  appendNotice(notice: NoticeDraftRow): Promise<void>;
  noticesAfter(recipient: string, after: number, limit: number): Promise<NoticeRow[]>;
  /** Another text after every change, whichever process made it. */
  revision(): Promise<string>;
  /** Resolves when the revision is not `since` any more, the signal is raised, or the store is closed. */
  changed(since: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export type InvitationState = "open" | "unknown-invitation" | "expired" | "used";

export interface MailboxBounds {
  /** Sealed bytes that may wait for one recipient, announced ones included: beyond, "full". */
  readonly waitingBytes: number;
  /** Messages of one sender outside rounds: beyond, "too-many". */
  readonly outsideRounds: number;
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
  /** When its last byte came in. */
  readonly completeMs: number;
}

export interface PostedMessage {
  readonly from: string;
  readonly to: string;
  readonly pair: readonly [number, number];
  readonly taken: boolean;
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
