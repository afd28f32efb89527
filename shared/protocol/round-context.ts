import { bytesToHex, isEqualBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import type { StatementVerifier } from "../base/statement.ts";
import type { SumContext } from "../aggregation/context.ts";
import { sha256 } from "../crypto/hash.ts";
import { drawMatchers } from "../matching/matcher-draw.ts";
import { isMatch, matchers, openers, type Charter } from "./charter.ts";
import { parseRootKey } from "./identity.ts";
import { decodeJob, jobDigest, jobKey, jobPairs, matcherSeed, type JobSpec, type Pair } from "./job.ts";
import { KEYS_LABEL, keysEntryBody, type KeysEntry } from "./round-messages.ts";

/**
 * What every party of an attempt knows once the Keys entries are out (protocol.md, "Keys"). Nodes and coordinator
 * build it with the same code from the same bytes; whoever was told something else has another J* and can neither
 * open nor unmask anything of the others'.
 */
export interface RoundContext {
  readonly charter: Charter;
  readonly job: JobSpec;
  readonly jobDigest: Uint8Array;
  readonly jobKey: Uint8Array;
  /** By charter position; null for parties that are not in this attempt. */
  readonly entries: readonly (KeysEntry | null)[];
  readonly pairs: readonly Pair[];
  /** The charter position of the matcher of a pair. */
  readonly matcherOf: (pair: Pair) => number;
  readonly sum: SumContext;
}

/**
 * Opens all Keys entries of an attempt.
 * @param statements by charter position, null where the job spec has no commitment
 * @throws ProtocolError "integrity" when a signature, a commitment, the job digest or a key is not right, naming the party.
 */
export function createRoundContext(
  charter: Charter,
  encodedJob: Uint8Array,
  statements: readonly (Uint8Array | null)[],
  verifier: StatementVerifier,
): RoundContext {
  const job = decodeJob(encodedJob);
  const digest = jobDigest(encodedJob);
  if (statements.length !== charter.parties.length) {
    throw new ProtocolError("integrity", `entries: expected ${charter.parties.length} places`);
  }
  const entries = statements.map((statement, position) =>
    openEntry(charter, job, digest, position, statement, verifier),
  );
  verifyDistinctKeys(entries);
  const nonces = entries.map((entry) => entry?.nonce ?? null);
  const key = jobKey(digest, statements, nonces);
  const pairs = jobPairs(charter, job.contributors);
  const present = (position: number) => entries[position] !== null;
  const drawn = drawMatchers({
    seed: matcherSeed(digest, nonces),
    pairs,
    candidates: matchers(charter)
      .filter(present)
      .map((position) => ({ position, id: parseRootKey(charter.parties[position]!.rootKey) })),
  });
  const sum: SumContext = {
    jobKey: key,
    owners: job.contributors,
    openers: openers(charter).filter(present),
    threshold: job.threshold,
    minimumContributors: job.minimumContributors,
    // The first sum of learning fixes the set, without whoever was lost on the way; every later one is of the same.
    wholeCohort: isMatch(charter) || job.step > 0,
    words: job.words,
    maskKeys: new Map(job.contributors.map((position) => [position, entries[position]!.maskKey])),
    envelopeKeys: new Map(
      entries.flatMap((entry, position) => (entry === null ? [] : [[position, entry.envelopeKey] as const])),
    ),
    verifier,
  };
  return {
    charter,
    job,
    jobDigest: digest,
    jobKey: key,
    entries,
    pairs,
    matcherOf: (pair) => drawn.get(pairKey(pair))!,
    sum,
  };
}

function openEntry(
  charter: Charter,
  job: JobSpec,
  digest: Uint8Array,
  position: number,
  statement: Uint8Array | null,
  verifier: StatementVerifier,
): KeysEntry | null {
  const commitment = job.commitments[position] ?? null;
  const name = charter.parties[position]!.id;
  if ((commitment === null) !== (statement === null)) {
    // Protocol: all parties of the job, or the attempt ends.
    throw new ProtocolError(
      "integrity",
      `entries: ${name} is in the job and not in the entries, or the other way round`,
    );
  }
  if (commitment === null || statement === null) return null;
  const entry = keysEntryBody.parse(verifier.open(position, KEYS_LABEL, statement));
  if (!isEqualBytes(entry.job, digest)) throw new ProtocolError("integrity", `entries: ${name} signed another job`);
  if (entry.party !== position) throw new ProtocolError("integrity", `entries: ${name} signed for another place`);
  if (!isEqualBytes(sha256(entry.nonce), commitment)) {
    throw new ProtocolError("integrity", `entries: ${name} revealed a number it did not commit to`);
  }
  return entry;
}

/** No key twice, of one party or of two, for one use or for two. */
function verifyDistinctKeys(entries: readonly (KeysEntry | null)[]): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry === null) continue;
    for (const key of [entry.envelopeKey, entry.pairKey, entry.maskKey]) {
      const text = bytesToHex(key);
      if (seen.has(text)) throw new ProtocolError("integrity", "entries: a key stands twice");
      seen.add(text);
    }
  }
}

/** Whether every pair of these contributors has a matcher outside it among the parties present. */
export function hasMatcherForEveryPair(
  charter: Charter,
  contributors: readonly number[],
  present: ReadonlySet<number>,
) {
  const candidates = matchers(charter).filter((position) => present.has(position));
  return jobPairs(charter, contributors).every((pair) => candidates.some((candidate) => !pair.includes(candidate)));
}

export function pairKey([left, right]: Pair): string {
  return `${left}-${right}`;
}
