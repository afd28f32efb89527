import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import type { CommandIo, Output } from "../../shared/host/cli.ts";
import type { Coordinator } from "../assemble.ts";
import type { CoordinatorConfig, CoordinatorKeys } from "../home.ts";

/** What a command of the coordinator gets: its folder, the opened store, and where to print. */
export interface CoordinatorContext extends Coordinator {
  readonly home: string;
  readonly config: CoordinatorConfig;
  readonly keys: CoordinatorKeys;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly output: Output;
  readonly io: CommandIo;
}

/** Opens the folder that `--home` names, runs the command, and closes the store whatever happens. */
export type WithContext = <T>(run: (context: CoordinatorContext) => Promise<T>) => Promise<T>;
