import { ProtocolError } from "../../shared/base/errors.ts";
import type { Relay } from "../../shared/protocol/relay.ts";
import type { Fault } from "./scenario.ts";

/** In a training, of one step alone where it says so. */
type StepFault = Fault & { readonly iteration?: number | undefined };

/** What a fault does to a party, by whoever runs it. */
export interface FaultHands {
  /** Silent for good, or until so many milliseconds have passed; forgetful where it is killed. */
  silence(party: string, options: { afterMs: number | null; isKilled: boolean }): void;
}

/**
 * Faults, each once, when the named party is about to send the named message: before a byte of it has left.
 * `corrupt` changes one bit on the way, `duplicate` sends the message twice.
 */
export function createFaults(faults: readonly StepFault[], hands: FaultHands) {
  const pending = new Set(faults);
  const fired: StepFault[] = [];
  return {
    fired: (): readonly StepFault[] => fired,
    wrap: (party: string, relay: Relay): Relay => ({
      ...relay,
      async post(header, offset, chunks) {
        const fault = [...pending].find(
          ({ party: whose, at, iteration = header.attempt }) =>
            whose === party && at === header.type && iteration === header.attempt,
        );
        if (fault === undefined) return relay.post(header, offset, chunks);
        pending.delete(fault);
        fired.push(fault);
        switch (fault.do) {
          case "duplicate":
            await relay.post(header, offset, chunks);
            // The coordinator knows the message: it gives the same receipt and takes no byte.
            return relay.post(header, header.sizeBytes, []);
          case "corrupt":
            return relay.post(header, offset, oneBitChanged(chunks));
          case "drop":
            hands.silence(party, { afterMs: null, isKilled: false });
            break;
          case "delay":
            hands.silence(party, { afterMs: fault.afterMs, isKilled: false });
            break;
          case "restart":
            hands.silence(party, { afterMs: fault.afterMs, isKilled: true });
            break;
        }
        throw new ProtocolError("unavailable", `simulated fault: ${fault.do}`);
      },
    }),
  };
}

function* oneBitChanged(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let isFirst = true;
  for (const chunk of chunks) {
    const bytes = chunk.slice();
    if (isFirst) bytes[0]! ^= 1;
    isFirst = false;
    yield bytes;
  }
}
