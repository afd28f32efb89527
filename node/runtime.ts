import type { Notice } from "../shared/protocol/relay.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import type { Log } from "../shared/host/logs.ts";
import type { Relay } from "../shared/protocol/relay.ts";
import type { RoundEngine } from "./round/engine.ts";
import type { RoundStore } from "./data/round-store.ts";

/**
 * A running node: three loops over the same rows. It listens to the coordinator's notices, delivers what the gate
 * has committed, and does the work that is due. Each loop survives a lost connection by waiting and dialling again.
 */
export interface RuntimeParts {
  readonly relay: Relay;
  readonly engine: RoundEngine;
  readonly rounds: RoundStore;
  readonly log: Log;
  /** Delivers what waits in the outbox; true if something went. @throws ProtocolError "unavailable" */
  deliver(): Promise<boolean>;
  /** Checks the coordinator's signature. @throws ProtocolError "integrity" */
  verifyNotice(notice: Notice): void;
  /** Roster and charter notices: kept for people to decide on. */
  keepDocument(notice: Notice): void;
  /** Waits until something may have changed, or the time is over. */
  idle(signal: AbortSignal): Promise<void>;
  /** Waits before dialling again, longer each time. */
  backOff(failures: number, signal: AbortSignal): Promise<void>;
}

/** One notice, verified and handled once, in order. */
export function receiveNotice(
  parts: Pick<RuntimeParts, "engine" | "rounds" | "log" | "verifyNotice" | "keepDocument">,
  notice: Notice,
) {
  if (notice.number <= parts.rounds.cursor()) return;
  parts.verifyNotice(notice);
  if (notice.round !== null) {
    parts.engine.receive(notice);
    return;
  }
  try {
    parts.rounds.transaction(() => {
      parts.keepDocument(notice);
      parts.rounds.moveCursor(notice.number);
    });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // A document that does not hold is left aside for good; the next ones still count.
    parts.log.warn({ err: error, type: notice.type }, "document refused");
    parts.rounds.transaction(() => {
      parts.rounds.moveCursor(notice.number);
    });
  }
}

export async function runNode(parts: RuntimeParts, signal: AbortSignal): Promise<void> {
  // A bug in one loop ends the other too: the supervisor starts the node anew.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const guard = (loop: Promise<void>) =>
    loop.finally(() => {
      failed.abort();
    });
  await Promise.all([
    guard(persist(parts, either, () => listen(parts, either))),
    guard(persist(parts, either, () => work(parts, either))),
  ]);
}

async function listen(parts: RuntimeParts, signal: AbortSignal): Promise<void> {
  for await (const notice of parts.relay.follow(parts.rounds.cursor(), signal)) receiveNotice(parts, notice);
  if (!signal.aborted) throw new ProtocolError("unavailable", "coordinator: the stream of notices ended");
}

async function work(parts: RuntimeParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const delivered = await parts.deliver();
    const advanced = await parts.engine.advance();
    if (!delivered && !advanced) await parts.idle(signal);
  }
}

/** Runs a loop until the signal, through every loss of the coordinator. Anything else than a loss is a bug and stops the node. */
async function persist(parts: RuntimeParts, signal: AbortSignal, loop: () => Promise<void>): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = parts.rounds.cursor();
    try {
      await loop();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      failures = parts.rounds.cursor() > startedAt ? 1 : failures + 1;
      parts.log.warn({ err: error, failures }, "coordinator not reached, trying again");
      await parts.backOff(failures, signal);
    }
  }
}
