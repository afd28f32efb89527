import { encodeValue } from "../../shared/base/encoding.ts";
import { hkdfSha256 } from "../../shared/crypto/hash.ts";
import { sharedSecret } from "../../shared/crypto/key-agreement.ts";
import { derivedPermutation } from "../../shared/crypto/permutation.ts";
import { sealKey } from "../../shared/crypto/sealing.ts";
import { charterLabels, type Pair } from "../../shared/protocol/job.ts";
import type { NodeToNode } from "../../shared/protocol/messages.ts";
import { pairKey } from "../../shared/protocol/round-context.ts";
import { commitIfOpen, type Attempt, type MatchAttempt, type RoundNode } from "./round-node.ts";

/**
 * What the two owners of a pair share and the matcher does not: the salt of the tags and the permutations that
 * scramble the labels (protocol.md, "single-salt"). Everything is bound to J*, the ordered pair and its use.
 */
export interface PairSecrets {
  readonly salt: Uint8Array;
  /** σL and σR; null where the charter asks for no table. */
  readonly sigma: { readonly left: Uint16Array; readonly right: Uint16Array } | null;
}

export function pairSecrets(node: RoundNode, { row, charter, context, self }: MatchAttempt, pair: Pair): PairSecrets {
  const partner = pair[0] === self ? pair[1] : pair[0];
  const shared = sharedSecret(node.vault.get(row, "pair"), context.entries[partner]!.pairKey);
  const derive = (use: string) => hkdfSha256(shared, context.jobKey, encodeValue([use, ...pair]), 32);
  const labels = charterLabels(charter);
  const secrets: PairSecrets = {
    salt: derive("portmoot/pair-salt/v1"),
    sigma:
      labels === null
        ? null
        : {
            left: derivedPermutation(derive("portmoot/left-labels/v1"), labels.left),
            right: derivedPermutation(derive("portmoot/right-labels/v1"), labels.right),
          },
  };
  shared.fill(0);
  return secrets;
}

/**
 * Work with this node's secret scalar of one ordered pair of one attempt (protocol.md, "double-salt"): it masks the own
 * list and re-masks the partner's. Kept wrapped until the round ends, so that a killed node goes on with the same; in
 * clear only while `work` runs, whether or not it succeeds.
 */
export async function withPairScalar<T>(
  node: RoundNode,
  attempt: Attempt,
  pair: Pair,
  work: (scalar: Uint8Array) => Promise<T>,
): Promise<T> {
  const scalar = pairScalar(node, attempt, pair);
  try {
    return await work(scalar);
  } finally {
    scalar.fill(0);
  }
}

function pairScalar(node: RoundNode, { row }: Attempt, pair: Pair): Uint8Array {
  const name = `scalar ${pairKey(pair)}`;
  if (!node.vault.has(row, name)) {
    commitIfOpen(node, row, () => {
      node.vault.put(row, name, node.random.bytes(32));
    });
  }
  return node.vault.get(row, name);
}

/** What a key between two parties is for. `payload`: the blocks that rows carry through the partner's hands. */
export interface SealedRoute {
  readonly type: NodeToNode | "payload";
  readonly from: number;
  readonly to: number;
  readonly pair: Pair;
}

/** The key for sealed bodies from one party to another in this attempt; each direction and type has its own. */
export function envelopeKey(
  node: RoundNode,
  { row, context, self }: Attempt,
  { type, from, to, pair }: SealedRoute,
): Uint8Array {
  const peer = from === self ? to : from;
  const shared = sharedSecret(node.vault.get(row, "envelope"), context.entries[peer]!.envelopeKey);
  const key = sealKey(shared, context.jobKey, [type, from, to, ...pair]);
  shared.fill(0);
  return key;
}

/** Associated data of a sealed body: J*, type, from, to and the ordered pair. */
export function sealContext({ context }: Attempt, { type, from, to, pair }: SealedRoute) {
  return [context.jobKey, type, from, to, ...pair];
}
