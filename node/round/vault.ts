import { ProtocolError } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { unwrapSecret, wrapSecret } from "../../shared/crypto/wrapping.ts";
import type { RoundStore } from "../data/round-store.ts";
import type { RoundKeys } from "./round-keys.ts";

/** A round's secrets at rest: rows that only the round's key file can open, bound to their round, attempt and name. */
export interface Vault {
  put(of: AttemptId, name: string, secret: Uint8Array): void;
  /** @throws ProtocolError "integrity" where the secret or its key is gone: the round cannot go on here. */
  get(of: AttemptId, name: string): Uint8Array;
  has(of: AttemptId, name: string): boolean;
  names(of: AttemptId, prefix: string): string[];
}

export interface AttemptId {
  readonly round: Uint8Array;
  readonly attempt: number;
}

export function createVault(rounds: RoundStore, keys: RoundKeys, random: RandomSource): Vault {
  const context = ({ round, attempt }: AttemptId, name: string) => ["portmoot/round-secret/v1", round, attempt, name];
  return {
    put(of, name, secret) {
      const wrapped = wrapSecret(keys.keyOf(of.round), context(of, name), secret, random);
      rounds.putSecret(of.round, of.attempt, name, wrapped);
    },
    get(of, name) {
      const key = keys.existing(of.round);
      const wrapped = rounds.secret(of.round, of.attempt, name);
      if (key === null || wrapped === null) {
        throw new ProtocolError("integrity", `round: the secret ${name} or the round's key file is gone`);
      }
      return unwrapSecret(key, context(of, name), wrapped);
    },
    has: (of, name) => rounds.secret(of.round, of.attempt, name) !== null,
    names: (of, prefix) => rounds.secretNames(of.round, of.attempt, prefix),
  };
}
