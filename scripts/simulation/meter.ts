import type { Relay } from "../../shared/protocol/relay.ts";

/** What a party took, by the wall clock and at its door. */
export interface Metered {
  ms: number;
  bytesSent: number;
  bytesReceived: number;
}

/** Counts bodies as they pass a party's door, both ways, and the time of its steps. */
export function createMeter() {
  const parties = new Map<string, Metered>();
  const of = (party: string): Metered => {
    const known = parties.get(party) ?? { ms: 0, bytesSent: 0, bytesReceived: 0 };
    parties.set(party, known);
    return known;
  };
  return {
    of,
    bytes: (): number => [...parties.values()].reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    /** @param onPosted told of each message that the coordinator has */
    wrap: (party: string, relay: Relay, onPosted: (type: string) => void = () => undefined): Relay => ({
      ...relay,
      async post(header, offset, chunks) {
        const receipt = await relay.post(header, offset, chunks);
        of(party).bytesSent += header.sizeBytes - offset;
        onPosted(header.type);
        return receipt;
      },
      async *fetch(messageId, offset) {
        for await (const chunk of relay.fetch(messageId, offset)) {
          of(party).bytesReceived += chunk.length;
          yield chunk;
        }
      },
    }),
  };
}
