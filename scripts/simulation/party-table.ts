import { formatCount } from "../text-table.ts";
import type { PartyFacts } from "./scenario-facts.ts";

/** What each party took, in a terminal's table and in a page's. */
export const PARTY_HEADINGS = ["party", "rows", "rejects", "time", "sent", "received", "peak memory"];

export function partyCells(party: PartyFacts): string[] {
  const { id, rows, rejects, ms, bytesSent, bytesReceived, peakRssBytes } = party;
  return [
    id,
    formatCount(rows),
    formatCount(rejects),
    `${(ms / 1000).toFixed(1)} s`,
    megabytes(bytesSent, 2),
    bytesReceived === null ? "–" : megabytes(bytesReceived, 2),
    peakRssBytes === null ? "–" : megabytes(peakRssBytes, 0),
  ];
}

function megabytes(bytes: number, places: number): string {
  return `${(bytes / 1e6).toFixed(places)} MB`;
}
