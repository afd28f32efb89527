import { bytesToHex } from "../../shared/base/bytes.ts";
import type { Elements } from "../../shared/matching/elements.ts";
import type { KeyColumns } from "../../shared/matching/population.ts";
import type { RoundContext } from "../../shared/protocol/round-context.ts";
import type { AttemptId } from "./vault.ts";

/**
 * What the steps of an attempt share and what is dear to make: this node's rows as key columns and, under double-salt,
 * as elements, and the round's opened context. A step sends one list, so that lists leave while others are made; rows
 * last from the first to the last of them, or to the attempt's end, and nothing outlives the process: a killed node makes
 * it anew.
 */
export interface AttemptWork {
  of(attempt: AttemptId): KeptWork;
  /** Closes what is kept. A step that still works on it fails with "wrong-phase". */
  forget(attempt: AttemptId): void;
}

export interface KeptWork {
  readonly columns: Map<"left" | "right", KeyColumns>;
  readonly elements: Map<KeyColumns, Elements>;
  /** What job and Keys entries say, beside the very bytes that were verified. */
  context: { readonly job: Uint8Array; readonly entries: Uint8Array; readonly opened: RoundContext } | null;
}

export function createAttemptWork(): AttemptWork {
  const kept = new Map<string, KeptWork>();
  const nameOf = ({ round, attempt }: AttemptId) => `${bytesToHex(round)} ${attempt}`;
  return {
    of(attempt) {
      const name = nameOf(attempt);
      const work = kept.get(name) ?? { columns: new Map(), elements: new Map(), context: null };
      kept.set(name, work);
      return work;
    },
    forget(attempt) {
      const name = nameOf(attempt);
      for (const { digests } of kept.get(name)?.columns.values() ?? []) digests.close();
      kept.delete(name);
    },
  };
}
