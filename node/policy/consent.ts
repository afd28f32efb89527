import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { fairnessOf, type Charter } from "../../shared/protocol/charter.ts";
import { createCharterReader } from "../../shared/protocol/charter-reader.ts";
import { openDecision, type Decision } from "../../shared/protocol/decision.ts";
import { parseRootKey } from "../../shared/protocol/identity.ts";
import { decidePolicy, type Policy } from "../../shared/protocol/policy.ts";
import type { ConsentStore } from "../data/consent-store.ts";

/** The borough's policy as it stands at this moment; null where there is no file. */
export type PolicySource = () => Policy | null;

/** What an action of this node rests on. */
export interface Grounds {
  readonly charter: Charter;
  /** SHA-256 of the person's signed decision. */
  readonly approval: Uint8Array;
}

export interface Consent {
  /** @throws ProtocolError "refused", its message beginning with the rule */
  check(digest: Uint8Array): Grounds;
}

/**
 * Promise 3: this node acts only under a charter whose exact digest a named person here approved, that is in force,
 * names only peers whose keys people here confirmed, and that the borough's policy allows. Asked anew each time, so
 * that a withdrawal, an expiry or a changed policy takes effect at once. In doubt: refuse.
 */
export function createConsent({
  store,
  policy,
  clock,
  self,
}: {
  store: ConsentStore;
  policy: PolicySource;
  clock: Clock;
  self: { readonly name: string; readonly rootKey: Uint8Array };
}): Consent {
  const readCharter = createCharterReader();
  const openDecisionOnce = createDecisionReader();
  return {
    check(digest) {
      const stored = store.charter(digest);
      if (stored === null) throw refuse("charter.not-approved", "this node has not received that charter");
      const { charter, digest: found } = readCharter(stored.body);
      if (!isEqualBytes(found, digest)) throw refuse("charter.digest", "the stored charter was changed");
      const approval = approvalOf(store, charter, digest, openDecisionOnce);
      const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
      if (today < charter.validFrom || today > charter.validTo) {
        throw refuse("charter.not-in-force", `valid from ${charter.validFrom} to ${charter.validTo}`);
      }
      const own = charter.parties.find(({ id }) => id === self.name);
      if (own !== undefined && !isEqualBytes(parseRootKey(own.rootKey), self.rootKey)) {
        throw refuse("charter.own-key", `parties.${self.name}.rootKey is not this node's`, "ask for a new version");
      }
      const stranger = unconfirmedPeers(store, charter, self.name)[0];
      if (stranger !== undefined) {
        throw refuse(
          `peers.unconfirmed.${stranger}`,
          "nobody here has confirmed that key",
          `portmoot node peers trust ${stranger} WORDS`,
        );
      }
      const decision = decidePolicy(charter, readPolicy(policy), self.name);
      if (!decision.allowed) throw refuse(decision.rule, decision.detail, "the borough's policy.yaml decides this");
      return { charter, approval };
    },
  };
}

function approvalOf(
  store: ConsentStore,
  charter: Charter,
  digest: Uint8Array,
  openStored: (statement: Uint8Array) => Decision | null,
): Uint8Array {
  const newest = store.decision(digest);
  if (newest?.decision !== "approve") {
    throw refuse(
      "charter.not-approved",
      "nobody here has approved this exact charter",
      "portmoot node charter approve ID --as NAME",
    );
  }
  // The rows are this borough's, but a row is not a signature.
  const signed = openStored(newest.statement);
  const person = signed === null ? null : store.person(signed.person);
  const holds =
    signed !== null &&
    signed.decision === "approve" &&
    isEqualBytes(signed.charter, digest) &&
    person !== null &&
    isEqualBytes(person.publicKey, signed.personKey);
  if (!holds)
    throw refuse("charter.not-approved", "the stored approval is not this person's signature on this charter");
  if (fairnessOf(charter) !== undefined && signed.rehearsal === undefined) {
    throw refuse("charter.not-rehearsed", "the approval names no rehearsal, and the charter asks for one");
  }
  return sha256(newest.statement);
}

/** A signature that held over these very bytes holds over them still: it is asked for before every message. */
function createDecisionReader(): (statement: Uint8Array) => Decision | null {
  let last: { readonly statement: Uint8Array; readonly decision: Decision } | null = null;
  return (statement) => {
    if (last !== null && isEqualBytes(last.statement, statement)) return last.decision;
    try {
      const decision = openDecision(statement);
      last = { statement: statement.slice(), decision };
      return decision;
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  };
}

function readPolicy(policy: PolicySource): Policy | null {
  try {
    return policy();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new ProtocolError("refused", `policy.unreadable: ${cause.message}`, { cause, hint: "mend policy.yaml" });
  }
}

/** Names of parties, other than this one, whose root keys were not confirmed here under that name. */
export function unconfirmedPeers(store: ConsentStore, charter: Charter, self: string): string[] {
  const confirmed = new Set(store.peers().map(({ rootKey, name }) => `${name} ${bytesToHex(rootKey)}`));
  return charter.parties
    .filter(({ id, rootKey }) => id !== self && !confirmed.has(`${id} ${bytesToHex(parseRootKey(rootKey))}`))
    .map(({ id }) => id);
}

function refuse(rule: string, detail: string, hint?: string): ProtocolError {
  return new ProtocolError("refused", `${rule}: ${detail}`, hint === undefined ? {} : { hint });
}
