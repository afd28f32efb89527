/**
 * The closed list of what a node can send and what the coordinator can say. The catalogue is the single source
 * for the egress gate (who may receive it, how it is protected), the ledger (what it encodes, in one plain
 * sentence) and `charter explain`.
 */

/** Sealed from one node to another, each of one ordered pair: the coordinator tells the recipient what waits. */
export const NODE_TO_NODE = [
  "list",
  "masked-list",
  "remasked-list",
  "payload-digest",
  "pair-size",
  "pair-result",
  "pair-figure",
  "own-side-list",
] as const;
export type NodeToNode = (typeof NODE_TO_NODE)[number];

export const MESSAGE_TYPES = [
  "enrolment",
  "decision",
  "preflight-answer",
  "keys",
  ...NODE_TO_NODE,
  "shares",
  "masked-input",
  "agree",
  "unmask",
  "next-model",
  "protected-result",
  "abort",
] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** What of a charter's operation decides which messages its rounds have. */
type Operation =
  | { readonly kind: "match"; readonly protocol: "single-salt" | "double-salt"; readonly outputs: readonly string[] }
  | { readonly kind: "train" | "evaluate" };

/** Whether a round of that operation has such a message at all. */
export function belongsTo(type: MessageType, operation: Operation): boolean {
  if (operation.kind !== "match") {
    return !isNodeToNode(type) && (operation.kind === "train" || type !== "next-model");
  }
  const { protocol, outputs } = operation;
  switch (type) {
    case "next-model":
      return false;
    case "list":
      return protocol === "single-salt";
    case "masked-list":
    case "remasked-list":
    case "payload-digest":
      return protocol === "double-salt";
    case "pair-size":
    case "pair-figure":
      return outputs.includes("pair-matrix");
    case "own-side-list":
      return outputs.includes("own-side-list");
    case "pair-result":
    case "shares":
    case "masked-input":
    case "agree":
    case "unmask":
      return outputs.includes("total");
    case "enrolment":
    case "decision":
    case "preflight-answer":
    case "keys":
    case "protected-result":
    case "abort":
      return true;
  }
}

/** Those that hold as many rows as a population. */
export function isList(type: MessageType): boolean {
  return type === "list" || type === "masked-list" || type === "remasked-list" || type === "own-side-list";
}

export const NOTICE_TYPES = [
  "roster", // the signed roster, a new version
  "charter", // a proposed charter
  "preflight", // will you take part?
  "job", // the job spec
  "entries", // every signed Keys entry, U1
  "message", // a sealed body from another node waits
  "cohort", // U2, the commitments, and the envelopes addressed to you
  "inputs", // U3 and the signed digests
  "agreements", // at least t equal agree signatures
  "opening", // to openers: a body to fetch
  "result", // the released result
  "ended", // refused or aborted, with a reason
] as const;
export type NoticeType = (typeof NOTICE_TYPES)[number];

export interface MessageFacts {
  /** partner: the other owner of the pair; matcher: from an owner; owner, opener: from the matcher. */
  readonly recipient: "coordinator" | "partner" | "matcher" | "owner" | "opener";
  /** Who can read the content, in words. */
  readonly openableBy: string;
  /** What it encodes, in one plain sentence. */
  readonly encodes: string;
  /** Whether its content is computed from residents' records, so that the charter's fields stand beside it. */
  readonly fromRecords: boolean;
  readonly protection: string;
  /** A body that the coordinator keeps in memory only. */
  readonly volatile: boolean;
}

export const MESSAGES: Readonly<Record<MessageType, MessageFacts>> = {
  enrolment: {
    recipient: "coordinator",
    openableBy: "the coordinator",
    encodes: "The borough's public keys and a certificate request.",
    fromRecords: false,
    protection: "public keys only; signed by the borough's root key",
    volatile: false,
  },
  decision: {
    recipient: "coordinator",
    openableBy: "the coordinator",
    encodes: "A named person's approval or refusal of one exact charter.",
    fromRecords: false,
    protection: "signed by the person's own key",
    volatile: false,
  },
  "preflight-answer": {
    recipient: "coordinator",
    openableBy: "the coordinator",
    encodes:
      "Whether this borough takes part, whether its population reaches its own minimum (yes or no), and a commitment to a random number.",
    fromRecords: true,
    protection: "no figure: one yes or no",
    volatile: false,
  },
  keys: {
    recipient: "coordinator",
    openableBy: "the coordinator and every party of the round",
    encodes: "Three fresh public keys and the random number committed to before.",
    fromRecords: false,
    protection: "public keys and randomness only; signed",
    volatile: false,
  },
  list: {
    recipient: "matcher",
    openableBy: "the pair's matcher alone",
    encodes:
      "One keyed tag per row and match key, in random order, padded with random rows, and a scrambled label code where a table is asked for.",
    fromRecords: true,
    protection: "tags keyed with a salt that only the pair knows; sealed to the matcher, who lacks the salt",
    volatile: false,
  },
  "masked-list": {
    recipient: "partner",
    openableBy: "the other borough of the pair alone",
    encodes:
      "One group element per row and match key under this borough's own fresh secret number, in random order, padded with random rows, and a label code or row mark that only the matcher can open where the charter's outputs need one.",
    fromRecords: true,
    protection:
      "elements that nobody without this round's secret number can test a guess against; sealed to the other borough",
    volatile: false,
  },
  "remasked-list": {
    recipient: "matcher",
    openableBy: "the pair's matcher alone",
    encodes:
      "The other borough's list after this borough put its own secret number on it too, shortened to tags, in a new random order.",
    fromRecords: true,
    protection: "tags under two secret numbers, each known to one borough; sealed to the matcher, who knows neither",
    volatile: false,
  },
  "payload-digest": {
    recipient: "matcher",
    openableBy: "the pair's matcher alone",
    encodes: "How many rows the padded list has, and one digest of what they carry sealed for the matcher.",
    fromRecords: true,
    protection: "a bucket size and a digest of random-looking blocks; sealed to the matcher",
    volatile: false,
  },
  "pair-size": {
    recipient: "matcher",
    openableBy: "the pair's matcher alone",
    encodes: "How many of this borough's rows entered the match of a pair, without padding.",
    fromRecords: true,
    protection: "sealed to the matcher, who withholds a pair's figure where it is all but a whole borough's set",
    volatile: false,
  },
  "pair-result": {
    recipient: "owner",
    openableBy: "one owner of the pair",
    encodes: "One of two random-looking halves of the number of matches of a pair, in scrambled order.",
    fromRecords: true,
    protection: "additively masked: one half says nothing; sealed to the owner",
    volatile: false,
  },
  "pair-figure": {
    recipient: "opener",
    openableBy: "one opener; everybody, once released",
    encodes:
      "The number of matches of one pair, withheld where it is small and rounded otherwise, signed by the matcher.",
    fromRecords: true,
    protection:
      "minimum count and rounding of the charter, withheld too where it is all but a whole borough's set; sealed to the opener until release",
    volatile: false,
  },
  "own-side-list": {
    recipient: "owner",
    openableBy: "one owner of the pair",
    encodes: "For every row of that owner's own padded list one byte: nothing, or which match key agreed.",
    fromRecords: true,
    protection:
      "only after the release decision; of fixed length, in the owner's own secret order, without a word about the other borough's rows; sealed to the owner",
    volatile: false,
  },
  shares: {
    recipient: "coordinator",
    openableBy: "each other owner, its own envelope alone; each opener, one seed",
    encodes:
      "Pieces of this round's random mask seeds, one sealed envelope for each other borough, and which result halves have arrived.",
    fromRecords: false,
    protection: "randomness only; sealed per recipient; fewer pieces than the quorum say nothing",
    volatile: false,
  },
  "masked-input": {
    recipient: "coordinator",
    openableBy: "nobody alone; only the sum over the quorum can be opened, by the openers",
    encodes: "This borough's addends of the sum, each hidden by masks that look random.",
    fromRecords: true,
    protection: "masked with pairwise, own and result masks modulo 2^64",
    volatile: false,
  },
  agree: {
    recipient: "coordinator",
    openableBy: "the coordinator and every owner and opener of the round",
    encodes: "A signature over who takes part in the sum, and the head of this ledger.",
    fromRecords: false,
    protection: "no content beyond the list of boroughs and digests",
    volatile: false,
  },
  unmask: {
    recipient: "coordinator",
    openableBy: "the coordinator",
    encodes: "This borough's pieces of the others' own-mask seeds, so that the masks cancel in the sum.",
    fromRecords: false,
    protection: "randomness only; the result masks stay on, which only openers can take off",
    volatile: true,
  },
  "next-model": {
    recipient: "coordinator",
    openableBy: "everybody in the round",
    encodes: "The model after one more step, computed from the sum over the boroughs and signed by this opener.",
    fromRecords: true,
    protection:
      "coefficients of all boroughs together and coarse scales: no count, mean or deviance; only of a sum over the quorum",
    volatile: false,
  },
  "protected-result": {
    recipient: "coordinator",
    openableBy: "everybody, once released",
    encodes: "The result after small figures were withheld and the others rounded, signed by this opener.",
    fromRecords: true,
    protection: "minimum count, rounding and the quorum of the charter",
    volatile: false,
  },
  abort: {
    recipient: "coordinator",
    openableBy: "the coordinator",
    encodes: "That this borough ended the round, and the kind of reason, without figures.",
    fromRecords: false,
    protection: "one of a closed list of reasons",
    volatile: false,
  },
};

export function isNodeToNode(type: MessageType): type is NodeToNode {
  return (NODE_TO_NODE as readonly string[]).includes(type);
}

export function isMessageType(text: string): text is MessageType {
  return (MESSAGE_TYPES as readonly string[]).includes(text);
}

export function isNoticeType(text: string): text is NoticeType {
  return (NOTICE_TYPES as readonly string[]).includes(text);
}
