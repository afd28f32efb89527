import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { isEqualBytes } from "../base/bytes.ts";
import { MAX_ATTEMPTS, MAX_CLOCK_SKEW_MS, MAX_PARTIES, MAX_MODEL_STEPS } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { quorum } from "../aggregation/context.ts";
import { sumLayout, type SumLayout } from "../matching/layout.ts";
import {
  asksFor,
  hasSum,
  isMatch,
  isTraining,
  needsMatcher,
  owners,
  type Charter,
  type MatchCharter,
} from "./charter.ts";
import { charterLearner, modelDigest } from "./learning-task.ts";
import type { PublicState } from "../learning/learner.ts";
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
  /** 0 for a match. Learning takes one attempt a step, and none twice: the attempt's number less one. */
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
  /** Learning: digest of the state that this step's sum is computed at, and of its layout. */
  readonly model: Uint8Array | null;
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
  attempt: count(MAX_MODEL_STEPS).min(1),
  matchAttempt: count(MAX_MODEL_STEPS).min(1),
  step: count(MAX_MODEL_STEPS - 1),
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
  model: bytes(32).nullable(),
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
  /** Learning: the state of this step; null in a match. */
  readonly state: PublicState | null;
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
    step: isMatch(charter) ? 0 : choice.attempt - 1,
    question: questionDigest(charter),
    roster: choice.roster,
    commitments: choice.commitments,
    contributors: choice.contributors,
    words: sumWords(charter, choice.state),
    ringBits: 64,
    scaleBits: 0,
    owners: n,
    threshold: quorum(n),
    minimumContributors: leastContributors(charter),
    model: isMatch(charter) ? null : modelDigest(charter, choice.state!),
    deadlines: choice.deadlines,
  };
}

/** Coordinates of the sum: of the charter's outputs, or of the model's step. */
function sumWords(charter: Charter, state: PublicState | null): number {
  if (isMatch(charter)) return charterLayout(charter).words;
  assert(state !== null, "a step of learning has its state");
  return charterLearner(charter).layout(state).words;
}

/** How many sums a round may take: a match is tried again once, learning goes on step by step, an evaluation is one. */
export function mostAttempts(charter: Charter): number {
  if (isMatch(charter)) return MAX_ATTEMPTS;
  return isTraining(charter) ? MAX_MODEL_STEPS : 1;
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
  own: {
    charterDigest: Uint8Array;
    rosterDigest: Uint8Array;
    commitment: Uint8Array;
    position: number;
    /** Learning: the state this node knows for this step, and whose sums it is of; null in a match. */
    step: { readonly state: PublicState; readonly members: readonly number[] | null } | null;
    nowMs: number;
  },
): void {
  const expected = createJob(charter, {
    charterDigest: own.charterDigest,
    round: job.round,
    attempt: job.attempt,
    matchAttempt: job.matchAttempt,
    roster: own.rosterDigest,
    commitments: job.commitments,
    contributors: job.contributors,
    state: own.step?.state ?? null,
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
  if (job.attempt > mostAttempts(charter)) throw new ProtocolError("integrity", "job spec: attempt is out of range");
  if (job.matchAttempt > job.attempt) throw new ProtocolError("integrity", "job spec: matchAttempt is in the future");
  if ((needsMatcher(charter) || !isMatch(charter)) && job.matchAttempt !== job.attempt) {
    throw new ProtocolError(
      "integrity",
      "job spec: matchAttempt is another one, these outputs need a match of their own",
    );
  }
  verifyContributors(job, charter);
  const fixed = own.step?.members ?? null;
  if (
    fixed !== null &&
    (fixed.length !== job.contributors.length || fixed.some((p, at) => p !== job.contributors[at]))
  ) {
    throw new ProtocolError("integrity", "job spec: contributors are not those of the first sum");
  }
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
  const matchMs = keysMs + (isMatch(charter) ? Math.round(charter.deadlines.matchMinutes * 60_000) : 0);
  const openMs = matchMs + 5 * stepMs;
  return {
    keysMs,
    matchMs,
    sharesMs: matchMs + stepMs,
    inputMs: matchMs + 2 * stepMs,
    agreeMs: matchMs + 3 * stepMs,
    unmaskMs: matchMs + 4 * stepMs,
    openMs,
    listsMs: asksFor(charter, "own-side-list") ? openMs + stepMs : openMs,
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
  if (!isMatch(charter)) return [];
  const ordered = charterPopulations(charter) === "left-right";
  return contributors.flatMap((left) =>
    contributors.filter((right) => (ordered ? left !== right : left < right)).map((right): Pair => [left, right]),
  );
}

export function charterPopulations(charter: MatchCharter): "one" | "left-right" {
  return "population" in charter.operation ? "one" : "left-right";
}

/** Number of labels on each side of the table, or null without one. */
export function charterLabels(charter: MatchCharter): { left: number; right: number } | null {
  const label = charter.operation.label;
  if (label === undefined || !charter.operation.outputs.includes("table")) return null;
  const names =
    "attribute" in label ? { left: label.attribute, right: label.attribute } : { left: label.left, right: label.right };
  return { left: codesOf(charter, names.left).length, right: codesOf(charter, names.right).length };
}

/** Whether rows carry a block for the matcher through the partner's hands under double-salt. */
export function carriesPayloads({ operation }: MatchCharter): boolean {
  return operation.outputs.includes("table") || operation.outputs.includes("own-side-list");
}

export function codesOf(charter: MatchCharter, attribute: string): readonly string[] {
  const declared = charter.dataset.attributes[attribute];
  if (declared === undefined) {
    throw new ProtocolError("bad-input", `charter: attribute ${attribute} is not a category`);
  }
  return declared.codes;
}

export function charterLayout(charter: MatchCharter): SumLayout {
  return sumLayout({
    outputs: charter.operation.outputs,
    populations: charterPopulations(charter),
    labels: charterLabels(charter),
  });
}
