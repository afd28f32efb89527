import { resultText, type ReleasedResult, type ResultNames } from "../shared/protocol/result-text.ts";
import { MESSAGES, isMessageType } from "../shared/protocol/messages.ts";
import type { PlainJoin } from "./plain-join.ts";

/** What the demonstration found, and how it is told. */
export interface DemoFacts {
  readonly boroughs: readonly string[];
  readonly rows: number;
  readonly seconds: number;
  readonly round: { readonly id: string; readonly events: readonly { atMs: number; state: string; detail: string }[] };
  readonly names: ResultNames;
  readonly released: ReleasedResult;
  /** Rows on each borough's own-side list, and whether they are those that the join in the open finds. */
  readonly lists: readonly { readonly name: string; readonly rows: number; readonly asInTheOpen: boolean }[];
  readonly plain: PlainJoin;
  readonly truth: Truth;
  readonly ledgers: readonly {
    readonly name: string;
    readonly verified: { ok: true; entries: number } | { ok: false; reason: string };
    readonly entries: readonly { type: string; sizeBytes: number; recipient: string; direction: string }[];
  }[];
  readonly peakBytes: readonly { name: string; bytes: number }[];
  readonly kept: string | null;
}

export interface Truth {
  /** Pairs of rows of two boroughs that truly are one person. */
  readonly pairs: number;
  /** Of the pairs that the keys find, those that are true. */
  readonly correct: number;
  readonly found: number;
  readonly precision: number;
  readonly recall: number;
}

export function demoReport(facts: DemoFacts): string {
  const { released, plain, truth, lists } = facts;
  const sections = [
    heading("What is released"),
    resultText(released, facts.names),
    heading("Beside it, what nobody in the network saw"),
    rows([
      ["matches found by the same keys in the open", String(plain.total)],
      ["pairs that truly are one person", String(truth.pairs)],
      ["of those found, true", `${truth.correct} of ${truth.found}`],
      ["precision, recall", `${truth.precision.toFixed(4)}, ${truth.recall.toFixed(4)}`],
    ]),
    ...(lists.length === 0
      ? []
      : [
          heading("Own rows that each borough is told of, to be checked"),
          rows(
            lists.map(({ name, rows: count, asInTheOpen }) => [
              name,
              `${count} rows${asInTheOpen ? ", those that the same keys find in the open" : ", NOT those of the open join"}`,
            ]),
          ),
        ]),
    heading("Who could read what"),
    rows(readers(facts)),
    heading("Ledgers"),
    rows(
      facts.ledgers.map(({ name, verified }) => [
        name,
        verified.ok ? `verified, ${verified.entries} entries` : `NOT VERIFIED: ${verified.reason}`,
      ]),
    ),
    heading("Time per phase"),
    rows(phases(facts.round.events)),
    heading("Bytes that left the nodes, by kind of message"),
    rows(bytesByType(facts)),
    "",
    `done in ${facts.seconds.toFixed(1)} s${facts.kept === null ? "" : `; kept in ${facts.kept}`}`,
  ];
  return `${sections.join("\n")}\n`;
}

/** Of each kind of message that left in this round and derives from records. */
function readers({ ledgers }: DemoFacts): string[][] {
  const sent = new Set(ledgers.flatMap(({ entries }) => entries.map(({ type }) => type)));
  return Object.entries(MESSAGES)
    .filter(([type, { fromRecords }]) => fromRecords && sent.has(type))
    .map(([type, { openableBy }]) => [type, openableBy]);
}

/** From one event of the round to the next. */
function phases(events: DemoFacts["round"]["events"]): string[][] {
  return events
    .slice(1)
    .map(({ atMs, state }, index) => [`to ${state}`, `${((atMs - events[index]!.atMs) / 1000).toFixed(2)} s`]);
}

function bytesByType({ ledgers, rows: inputRows }: DemoFacts): string[][] {
  const sums = new Map<string, { bytes: number; count: number }>();
  for (const { entries } of ledgers) {
    for (const { type, sizeBytes, direction } of entries) {
      if (direction !== "out" || !isMessageType(type)) continue;
      const sum = sums.get(type) ?? { bytes: 0, count: 0 };
      sums.set(type, { bytes: sum.bytes + sizeBytes, count: sum.count + 1 });
    }
  }
  const total = [...sums.values()].reduce((all, { bytes }) => all + bytes, 0);
  return [
    ...[...sums].map(([type, { bytes, count }]) => [type, `${bytes.toLocaleString("en-GB")} in ${count}`]),
    ["in all", `${total.toLocaleString("en-GB")}, ${Math.round(total / inputRows)} a row`],
  ];
}

function heading(text: string): string {
  return `\n${text}\n${"─".repeat(text.length)}`;
}

function rows(cells: readonly (readonly string[])[]): string {
  const width = Math.max(...cells.map(([first = ""]) => first.length));
  return cells.map(([first = "", ...rest]) => `${first.padEnd(width)}  ${rest.join("  ")}`).join("\n");
}
