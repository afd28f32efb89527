import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../shared/base/bytes.ts";
import type { StatementSigner } from "../../shared/base/statement.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { generateDhKey } from "../../shared/crypto/key-agreement.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import { charterDigest, parseCharter } from "../../shared/protocol/charter.ts";
import {
  createDelegation,
  createSigner,
  createVerifier,
  parseRootKey,
  rootKeyText,
} from "../../shared/protocol/identity.ts";
import { createJob, encodeJob, jobDeadlines, jobDigest, verifyJob, type JobSpec } from "../../shared/protocol/job.ts";
import { createRoundContext } from "../../shared/protocol/round-context.ts";
import { KEYS_LABEL, type KeysEntry } from "../../shared/protocol/round-messages.ts";
import { draftCharter, RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { codeOf, flipBit, present, seededRandom } from "../unit/shared/crypto/support.ts";

/**
 * Where the secure sum's context comes from: a coordinator that alters the job spec, lowers t, or forges, moves, leaves
 * out or replays Keys entries is refused before any share exists, and two stories never have the same J*.
 */
const NOW = Date.parse("2026-06-01T12:00:00Z");
const clock = { nowMs: () => NOW };
const random = seededRandom("keys");
const names = ["barnet", "camden", "ealing", "hackney", "lambeth"];
const LAMBETH = 4;
const roots = names.map(() => generateSigningKey(random));
const charter = parseCharter({
  ...withKeys(
    JSON.parse(
      draftCharter({
        id: "keys-test",
        title: "Keys",
        boroughs: names,
        cascade: RESIDENT_CASCADE,
        label: { attribute: "discount", codes: ["none", "student"] },
        validFrom: "2026-01-01",
        validTo: "2026-12-31",
      }),
    ) as { parties: object[] },
  ),
  coordinator: { name: "hub", rootKey: rootKeyText(generateSigningKey(random).publicKey) },
});

function withKeys(draft: { parties: object[] }) {
  return {
    ...draft,
    parties: draft.parties.map((party, index) => ({ ...party, rootKey: rootKeyText(present(roots[index]).publicKey) })),
  };
}

function signerUnder(rootSecret: Uint8Array): StatementSigner {
  const operational = generateSigningKey(random);
  const delegation = createDelegation(rootSecret, {
    operationalKey: operational.publicKey,
    serial: 1,
    notAfterMs: NOW + 1e9,
  });
  return createSigner({ delegation, operationalSecret: operational.secretKey });
}

const signers = roots.map(({ secretKey }) => signerUnder(secretKey));
const puppet = signerUnder(generateSigningKey(random).secretKey);
const verifier = createVerifier({ roots: charter.parties.map(({ rootKey }) => parseRootKey(rootKey)), clock });

/** One attempt as an honest coordinator would lead it. */
function attempt(number: number) {
  const dice = seededRandom(`attempt ${number}`);
  const nonces = names.map(() => dice.bytes(32));
  const job = createJob(charter, {
    charterDigest: charterDigest(charter),
    round: new Uint8Array(16).fill(7),
    attempt: number,
    matchAttempt: number,
    roster: new Uint8Array(32).fill(5),
    commitments: nonces.map((nonce) => sha256(nonce)),
    contributors: names.map((_, position) => position),
    state: null,
    deadlines: jobDeadlines(charter, NOW),
  });
  const entries: KeysEntry[] = names.map((_, party) => ({
    job: jobDigest(encodeJob(job)),
    party,
    nonce: present(nonces[party]),
    envelopeKey: generateDhKey(dice).publicKey,
    pairKey: generateDhKey(dice).publicKey,
    maskKey: generateDhKey(dice).publicKey,
  }));
  const statements = entries.map((entry, party) => present(signers[party]).sign(KEYS_LABEL, { ...entry }));
  return { job, entries, statements };
}

const honest = attempt(1);
const next = attempt(2);

describe("the job spec that a node rebuilds from its charter", () => {
  const own = {
    charterDigest: charterDigest(charter),
    rosterDigest: new Uint8Array(32).fill(5),
    commitment: present(honest.job.commitments[LAMBETH] ?? undefined),
    position: LAMBETH,
    step: null,
    nowMs: NOW,
  };
  const verify = (changes: Partial<JobSpec>) =>
    codeOf(() => {
      verifyJob({ ...honest.job, ...changes }, charter, own);
    });

  it("is accepted as it is", () => {
    expect(verify({})).toBe("no error");
    expect(honest.job).toMatchObject({ owners: 5, threshold: 4, minimumContributors: 4 });
  });

  it("is refused where a match's outputs would rest on another attempt than its own", () => {
    const operation = { ...charter.operation, outputs: ["total", "table", "pair-matrix"] as const };
    const paired = parseCharter({ ...charter, operation });
    const job = createJob(paired, {
      ...honest.job,
      charterDigest: charterDigest(paired),
      attempt: 2,
      matchAttempt: 2,
      state: null,
    });
    const verifyPaired = (changes: Partial<JobSpec>) =>
      codeOf(() => {
        verifyJob({ ...job, ...changes }, paired, { ...own, charterDigest: charterDigest(paired) });
      });
    expect(verifyPaired({})).toBe("no error");
    expect(verifyPaired({ matchAttempt: 1 })).toBe("integrity");
  });

  const lies: [string, Partial<JobSpec>][] = [
    ["a lowered t", { threshold: 3 }],
    ["a raised t", { threshold: 5 }],
    ["a lowered minimum of contributors", { minimumContributors: 3 }],
    ["fewer owners than the charter has, so that t would be less", { owners: 3 }],
    ["another charter", { charter: new Uint8Array(32) }],
    ["another question, so that the rule would not see it", { question: new Uint8Array(32) }],
    ["another roster", { roster: new Uint8Array(32) }],
    ["another number of words", { words: honest.job.words + 1 }],
    ["fewer contributors than the quorum", { contributors: [1, 2, LAMBETH] }],
    ["a contributor twice", { contributors: [0, 1, 2, 2, LAMBETH] }],
    ["contributors out of order", { contributors: [1, 0, 2, 3, LAMBETH] }],
    ["a contributor that takes no part", { commitments: honest.job.commitments.map((c, i) => (i === 1 ? null : c)) }],
    [
      "another commitment of the node",
      { commitments: honest.job.commitments.map((c, i) => (i === LAMBETH ? new Uint8Array(32) : c)) },
    ],
    [
      "no commitment of the node",
      { commitments: honest.job.commitments.map((c, i) => (i === LAMBETH ? null : c)), contributors: [0, 1, 2, 3] },
    ],
    ["a place too many", { commitments: [...honest.job.commitments, new Uint8Array(32)] }],
    ["the result shares of an attempt to come", { matchAttempt: 2 }],
  ];

  it.each(lies)("is refused with %s", (_, changes) => {
    expect(verify(changes)).toBe("integrity");
  });

  it("is refused with deadlines that are over, out of order or endless", () => {
    const { deadlines } = honest.job;
    expect(verify({ deadlines: jobDeadlines(charter, NOW - 24 * 3_600_000) })).toBe("expired");
    expect(verify({ deadlines: { ...deadlines, inputMs: deadlines.openMs + 1 } })).toBe("expired");
    expect(verify({ deadlines: { ...deadlines, openMs: NOW + 1e12 } })).toBe("expired");
  });
});

describe("the Keys entries of U1", () => {
  const encoded = encodeJob(honest.job);
  const build = (statements: readonly (Uint8Array | null)[], job = encoded) =>
    createRoundContext(charter, job, statements, verifier);
  const victim = 1;
  const inPlaceOf = (statement: Uint8Array | null) => honest.statements.map((s, i) => (i === victim ? statement : s));
  const signed = (changes: Partial<KeysEntry>, by: StatementSigner | undefined = signers[victim]) =>
    inPlaceOf(present(by).sign(KEYS_LABEL, { ...present(honest.entries[victim]), ...changes }));
  const key = generateDhKey(random).publicKey;

  it("give every owner's keys, and the charter's t", () => {
    const { sum } = build(honest.statements);
    expect(sum.owners).toEqual([0, 1, 2, 3, 4]);
    expect(sum.threshold).toBe(4);
    expect(sum.wholeCohort).toBe(true);
    expect(sum.maskKeys.get(victim)).toEqual(honest.entries[victim]?.maskKey);
  });

  const lies: [string, readonly (Uint8Array | null)[]][] = [
    ["a mask key of the coordinator's, signed by itself", signed({ maskKey: key }, puppet)],
    ["an entry changed", inPlaceOf(flipBit(present(honest.statements[victim]), 100))],
    ["an entry missing", inPlaceOf(null)],
    ["a place missing", honest.statements.slice(1)],
    ["a puppet's place added", [...honest.statements, present(honest.statements[0])]],
    ["another party's entry in a party's place", inPlaceOf(present(honest.statements[0]))],
    ["an entry of the attempt after", inPlaceOf(present(next.statements[victim]))],
    ["all entries of the attempt after", next.statements],
    ["an entry that its party signed for another place", signed({ party: 0 })],
    ["an entry that its party signed for another job", signed({ job: new Uint8Array(32) })],
    ["a number that was not committed to", signed({ nonce: new Uint8Array(32) })],
    ["one key for two uses", signed({ maskKey: present(honest.entries[victim]).envelopeKey })],
    ["a key that another party has", signed({ maskKey: present(honest.entries[0]).maskKey })],
  ];

  it.each(lies)("are refused with %s", (_, statements) => {
    expect(codeOf(() => build(statements))).toMatch(/^(integrity|malformed)$/);
  });

  it("give another J* for any difference that their signers themselves made", () => {
    const stories = [
      build(honest.statements),
      build(signed({ maskKey: key })),
      build(signed({ envelopeKey: key })),
      build(signed({ pairKey: key })),
      build(next.statements, encodeJob(next.job)),
    ].map(({ jobKey }) => bytesToHex(jobKey));
    expect(new Set(stories).size).toBe(stories.length);
    expect(bytesToHex(build(honest.statements).jobKey)).toBe(stories[0]);
  });

  it("never fit a job spec with a lowered t", () => {
    expect(codeOf(() => build(honest.statements, encodeJob({ ...honest.job, threshold: 2 })))).toBe("integrity");
  });
});
