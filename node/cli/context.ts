import type { Database } from "../data/database.ts";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import type { CommandIo, Output } from "../../shared/host/cli.ts";
import type { Workspace } from "../../shared/base/scratch.ts";
import type { LedgerTrust } from "../egress/ledger-verify.ts";
import type { NodeCore } from "../assemble.ts";

/** What a command of the node gets: its home folder, the opened database, and where to print. */
export interface NodeContext {
  readonly home: string;
  readonly name: string;
  readonly db: Database;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly output: Output;
  /** Asks a person at the terminal; null where nobody sits there. */
  readonly ask: NonNullable<CommandIo["ask"]> | null;
  readonly workspace: () => Workspace;
  /** From the environment, for key files of people. */
  readonly personPassphrase: string | null;
  readonly ledgerTrust: () => Omit<LedgerTrust, "db">;
  /** The gate and what belongs to it. @throws ProtocolError "bad-input" before `node enrol` */
  readonly core: () => NodeCore;
}
