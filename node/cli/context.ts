import type { Database } from "better-sqlite3";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import type { Output } from "../../shared/host/cli.ts";
import type { NodeConfig } from "../config.ts";

/** What a command of the node gets: its home folder, the opened database, and where to print. */
export interface NodeContext {
  readonly home: string;
  readonly config: NodeConfig;
  readonly db: Database;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly output: Output;
}
