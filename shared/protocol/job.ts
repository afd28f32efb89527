import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { isEqualBytes } from "../base/bytes.ts";
import { MAX_ATTEMPTS, MAX_CLOCK_SKEW_MS, MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { quorum } from "../aggregation/context.ts";
import { sumLayout, type SumLayout } from "../matching/layout.ts";
import { hasSum, needsMatcher, owners, type Charter } from "./charter.ts";
import { z } from "zod";

/**
 * The job spec: what one attempt of one round computes, down to the last coordinate (protocol.md, "Charter and
 * job"). The coordinator proposes it; every node rebuilds it from the charter it approved and refuses any
 * difference, so that the coordinator chooses nothing but the round's number, the attempt, and when.
 *
 *   J  = digest of the spec
 *   J* = digest of J, every signed Keys entry and every nonce
 *
 * J* salts every key derivation and stands in all associated data and signatures: two nodes that were told
 * different things cannot decrypt or unmask each other.
 */
export interface JobSpec {
  readonly charter: Uint8Array;
  readonly round: Uint8Array;
  readonly attempt: number;
  /** The attempt whose result shares are summed: below `attempt` when only the sum is tried again. */
  readonly matchAttempt: number;
  /** 0 for a match; the iteration of a model later. */
  readonly step: number;
  readonly question: Uint8Array;
  readonly roster: Uint8Array;
  /** By charter position: H(nonce) of each party that takes part, null for the others. */
  readonly commitments: readonly (Uint8Array | null)[];
  /** Charter positions of the owners whose rows enter, ascending. */
  readonly contributors: readonly number[];
  readonly words: number;
  readonly ringBits: number;
  readonly scaleBits: number;
  readonly owners: number;
  readonly threshold: number;
  readonly minimumContributors: number;
  readonly model: null;
  readonly deadlines: JobDeadlines;
}

/** Milliseconds since 1970; each step must be over by its own, on both sides. */
export interface JobDeadlines {
  readonly keysMs: number;
  readonly matchMs: number;
  readonly sharesMs: number;
  readonly inputMs: number;
  readonly agreeMs: number;
  readonly unmaskMs: number;
  readonly openMs: number;
  /** Own-side lists follow the release; as `openMs` where the charter asks for none. */
  readonly listsMs: number;
}

export type Pair = readonly [left: number, right: number];

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const count = (most: number) => z.number().int().min(0).max(most);
const instant = z.number().int().positive();

const jobShape: z.ZodType<JobSpec> = z.strictObject({
  charter: bytes(32),
  round: bytes(16),
  attempt: count(MAX_ATTEMPTS).min(1),
  matchAttempt: count(MAX_ATTEMPTS).min(1),
  step: count(0),
  question: bytes(32),
  roster: bytes(32),
  commitments: z.array(bytes(32).nullable()).max(MAX_PARTIES),
  contributors: z.array(count(MAX_PARTIES - 1)).max(MAX_PARTIES),
  words: z.number().int().min(0),
  ringBits: z.literal(64),
  scaleBits: z.literal(0),
  owners: count(MAX_PARTIES),
  threshold: count(MAX_PARTIES),
  minimumContributors: count(MAX_PARTIES),
  model: z.null(),
  deadlines: z.strictObject({
    keysMs: instant,
    matchMs: instant,
    sharesMs: instant,
    inputMs: instant,
    agreeMs: instant,
    unmaskMs: instant,
    openMs: instant,
    listsMs: instant,
  }),
});

/** What the coordinator decides when it writes a spec; everything else follows from the charter. */
export interface JobChoice {
  readonly charterDigest: Uint8Array;
  readonly round: Uint8Array;
  readonly attempt: number;
  readonly matchAttempt: number;
  readonly roster: Uint8Array;
  readonly commitments: readonly (Uint8Array | null)[];
  readonly contributors: readonly number[];
  readonly deadlines: JobDeadlines;
}

/** The one spec that a charter and the coordinator's choice allow. */
export function createJob(charter: Charter, choice: JobChoice): JobSpec {
  const n = owners(charter).length;
  return {
    charter: choice.charterDigest,
    round: choice.round,
    attempt: choice.attempt,
    matchAttempt: choice.matchAttempt,
    step: 0,
    question: questionDigest(charter),
    roster: choice.roster,
    commitments: choice.commitments,
    contributors: choice.contributors,
    words: charterLayout(charter).words,
    ringBits: 64,
    scaleBits: 0,
    owners: n,
    threshold: quorum(n),
    minimumContributors: leastContributors(charter),
    model: null,
    deadlines: choice.deadlines,
  };
}

/** How many owners must take part: for a sum never fewer than the charter's controls say. */
export function leastContributors(charter: Charter): number {
  const threshold = quorum(owners(charter).length);
  return hasSum(charter) ? Math.max(threshold, charter.controls.minimumContributors) : threshold;
}

export function encodeJob(job: JobSpec): Uint8Array {
  return encodeValue(job as unknown as Value);
}

/** @throws ProtocolError "malformed" naming the field. */
export function decodeJob(encoded: Uint8Array): JobSpec {
  return parseShape(jobShape, decodeValue(encoded), "job spec");
}

/** J. */
export function jobDigest(encodedJob: Uint8Array): Uint8Array {
  return digest("portmoot/job/v1", encodedJob);
}

/**
 * A node's check of the coordinator's spec against its own charter: every field but round, attempt and deadlines
 * must be what this node would have written.
 * @throws ProtocolError "integrity" naming the first field that differs, "expired" for deadlines out of bounds.
 */
export function verifyJob(
  job: JobSpec,
  charter: Charter,
  own: { charterDigest: Uint8Array; rosterDigest: Uint8Array; commitment: Uint8Array; position: number; nowMs: number },
): void {
  const expected = createJob(charter, {
    charterDigest: own.charterDigest,
    round: job.round,
    attempt: job.attempt,
    matchAttempt: job.matchAttempt,
    roster: own.rosterDigest,
    commitments: job.commitments,
    contributors: job.contributors,
    deadlines: job.deadlines,
  });
  for (const field of Object.keys(expected) as (keyof JobSpec)[]) {
    if (!isEqualBytes(encodeValue(job[field] as Value), encodeValue(expected[field] as Value))) {
      throw new ProtocolError("integrity", `job spec: ${field} is not what the approved charter says`);
    }
  }
  const mine = job.commitments[own.position];
  if (
    job.commitments.length !== charter.parties.length ||
    mine === null ||
    mine === undefined ||
    !isEqualBytes(mine, own.commitment)
  ) {
    throw new ProtocolError("integrity", "job spec: commitments do not hold this node's own at its place");
  }
  if (job.matchAttempt > job.attempt) throw new ProtocolError("integrity", "job spec: matchAttempt is in the future");
  if (needsMatcher(charter) && job.matchAttempt !== job.attempt) {
    throw new ProtocolError(
      "integrity",
      "job spec: matchAttempt is another one, these outputs need a match of their own",
    );
  }
  verifyContributors(job, charter);
  verifyDeadlines(job.deadlines, charter, own.nowMs);
}

function verifyContributors(job: JobSpec, charter: Charter): void {
  const allowed = owners(charter);
  let previous = -1;
  for (const position of job.contributors) {
    if (position <= previous || !allowed.includes(position) || (job.commitments[position] ?? null) === null) {
      throw new ProtocolError("integrity", "job spec: contributors are not owners that take part, in order");
    }
    previous = position;
  }
  // Promise 5: a smaller cohort can never be opened, so it need not begin.
  if (job.contributors.length < job.minimumContributors) {
    throw new ProtocolError("integrity", "job spec: fewer contributors than the charter's quorum");
  }
}

function verifyDeadlines(deadlines: JobDeadlines, charter: Charter, nowMs: number): void {
  const order = [
    nowMs - MAX_CLOCK_SKEW_MS,
    deadlines.keysMs,
    deadlines.matchMs,
    deadlines.sharesMs,
    deadlines.inputMs,
    deadlines.agreeMs,
    deadlines.unmaskMs,
    deadlines.openMs,
    deadlines.listsMs,
    nowMs + charter.deadlines.roundHours * 3_600_000 + MAX_CLOCK_SKEW_MS,
  ];
  if (order.some((at, index) => index > 0 && at < order[index - 1]!)) {
    throw new ProtocolError("expired", "job spec: deadlines are over, out of order or beyond the charter's roundHours");
  }
}

/** The deadlines a charter gives a job that starts now. */
export function jobDeadlines(charter: Charter, nowMs: number): JobDeadlines {
  const stepMs = Math.round(charter.deadlines.stepMinutes * 60_000);
  const keysMs = nowMs + stepMs;
  const matchMs = keysMs + Math.round(charter.deadlines.matchMinutes * 60_000);
  const openMs = matchMs + 5 * stepMs;
  return {
    keysMs,
    matchMs,
    sharesMs: matchMs + stepMs,
    inputMs: matchMs + 2 * stepMs,
    agreeMs: matchMs + 3 * stepMs,
    unmaskMs: matchMs + 4 * stepMs,
    openMs,
    listsMs: charter.operation.outputs.includes("own-side-list") ? openMs + stepMs : openMs,
  };
}

/** J*: binds every key and signature of the attempt to what everybody signed. Arrays by charter position. */
export function jobKey(
  job: Uint8Array,
  entries: readonly (Uint8Array | null)[],
  nonces: readonly (Uint8Array | null)[],
): Uint8Array {
  return digest("portmoot/job-key/v1", [job, entries, nonces]);
}

/**
 * The seed of the matchers' draw. Not J*: Keys entries are made after some nonces are known and could be ground
 * until the draw suits; nonces were committed to in preflight, before the coordinator fixed J.
 */
export function matcherSeed(job: Uint8Array, nonces: readonly (Uint8Array | null)[]): Uint8Array {
  return digest("portmoot/matcher/v1", [job, nonces]);
}

/** What is asked, whatever the charter's number: the unit of the question rule. */
export function questionDigest(charter: Charter): Uint8Array {
  return digest("portmoot/question/v1", {
    operation: charter.operation as unknown as Value,
    dataset: charter.dataset as unknown as Value,
  });
}

/** Every pair of contributors in the canonical order: unordered for one population, ordered for left and right. */
export function jobPairs(charter: Charter, contributors: readonly number[]): Pair[] {
  const ordered = charterPopulations(charter) === "left-right";
  return contributors.flatMap((left) =>
    contributors.filter((right) => (ordered ? left !== right : left < right)).map((right): Pair => [left, right]),
  );
}

export function charterPopulations(charter: Charter): "one" | "left-right" {
  return "population" in charter.operation ? "one" : "left-right";
}

/** Number of labels on each side of the table, or null without one. */
export function charterLabels(charter: Charter): { left: number; right: number } | null {
  const label = charter.operation.label;
  if (label === undefined || !charter.operation.outputs.includes("table")) return null;
  const names =
    "attribute" in label ? { left: label.attribute, right: label.attribute } : { left: label.left, right: label.right };
  return { left: codesOf(charter, names.left).length, right: codesOf(charter, names.right).length };
}

/** Whether rows carry a block for the matcher through the partner's hands under double-salt. */
export function carriesPayloads({ operation }: Charter): boolean {
  return operation.outputs.includes("table") || operation.outputs.includes("own-side-list");
}

export function codesOf(charter: Charter, attribute: string): readonly string[] {
  const declared = charter.dataset.attributes[attribute];
  if (declared?.type !== "category") {
    throw new ProtocolError("bad-input", `charter: attribute ${attribute} is not a category`);
  }
  return declared.codes;
}

export function charterLayout(charter: Charter): SumLayout {
  return sumLayout({
    outputs: charter.operation.outputs,
    populations: charterPopulations(charter),
    labels: charterLabels(charter),
  });
}
