import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Output } from "../../shared/host/cli.ts";
import { controlCounts, CONTROL_MESSAGES } from "../egress/control-messages.ts";
import { verifyLedger, type LedgerTrust } from "../egress/ledger-verify.ts";
import { readLedger, readLedgerBody, readLedgerLine, type LedgerLine } from "../egress/ledger-view.ts";
import { hexDump } from "./hex-dump.ts";

/** `node ledger list | show | verify`: what left this building, the very bytes, and the proof that the log was not altered. */
export interface LedgerContext {
  readonly db: LedgerTrust["db"];
  readonly output: Output;
  /** What the verifier goes by, from the node's folder. */
  ledgerTrust(): Omit<LedgerTrust, "db">;
}

export function addLedgerCommands(node: Command, context: () => LedgerContext): void {
  const ledger = node.command("ledger").description("what left this node, entry by entry");

  ledger
    .command("list")
    .description("every entry: when, what, to whom, and whether it arrived")
    .addHelpText("after", "\nExample:\n  portmoot node ledger list --home ./camden")
    .action(() => {
      const { db, output } = context();
      const lines = [...readLedger(db)];
      const control = controlCounts(db);
      const table = lines.map(listText).join("\n");
      const counted = control.map(({ kind, count }) => `  ${kind} ${count}: ${CONTROL_MESSAGES[kind]}`).join("\n");
      output.facts(
        { entries: lines.map(lineFacts), controlMessages: control },
        `${table === "" ? "no entries yet" : table}\n\nControl messages, counted only:\n${counted}`,
      );
    });

  ledger
    .command("show")
    .argument("<entry>", "number of the entry")
    .option("--raw", "the very bytes as well")
    .description("one entry in full")
    .addHelpText("after", "\nExample:\n  portmoot node ledger show 12 --raw --home ./camden")
    .action((number: string, { raw }: { raw?: true }) => {
      const { db, output } = context();
      if (!/^[1-9]\d{0,14}$/.test(number)) {
        throw new ProtocolError("bad-input", "entry: expected a number from 1", { hint: "portmoot node ledger list" });
      }
      const line = readLedgerLine(db, Number(number));
      if (raw !== true) {
        output.facts(lineFacts(line), showText(line));
        return;
      }
      const body = readLedgerBody(db, line);
      output.facts({ ...lineFacts(line), raw: bytesToHex(body) }, `${showText(line)}\n\n${hexDump(body)}`);
    });

  ledger
    .command("verify")
    .description("recompute the chain, every signature, digest and receipt; exit code 40 where one does not hold")
    .addHelpText("after", "\nExample:\n  portmoot node ledger verify --home ./camden")
    .action(() => {
      const own = context();
      const { digest, ...counts } = verifyLedger({ db: own.db, ...own.ledgerTrust() });
      own.output.facts(
        { verified: true, ...counts, head: bytesToHex(digest) },
        `verified: ${counts.entries} entries, ${counts.receipts} receipts, ${counts.mayHaveLeft} without one (may have left)\n` +
          `head ${bytesToHex(digest)}`,
      );
    });
}

function lineFacts({ entry, fate, receiptMs }: LedgerLine): Record<string, unknown> {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : bytesToHex(bytes));
  return {
    ...entry,
    time: timeText(entry.timeMs),
    previous: hex(entry.previous),
    messageId: hex(entry.messageId),
    round: hex(entry.round),
    charter: hex(entry.charter),
    jobKey: hex(entry.jobKey),
    sha256: hex(entry.sha256),
    approval: hex(entry.approval),
    dropped: entry.dropped.map(bytesToHex),
    fate,
    receiptTime: receiptMs === null ? null : timeText(receiptMs),
  };
}

function listText({ entry, fate }: LedgerLine): string {
  const to = entry.recipient === null ? "" : ` to ${entry.recipient}`;
  const size = entry.sha256 === null ? "" : `, ${entry.sizeBytes} bytes`;
  return `${String(entry.sequence).padStart(5)}  ${timeText(entry.timeMs)}  ${entry.direction.padEnd(5)}  ${entry.type}${to}${size}: ${fate}`;
}

function showText(line: LedgerLine): string {
  const facts = lineFacts(line);
  const rows: [string, unknown][] = [
    ["entry", `${line.entry.sequence} of epoch ${line.entry.epoch}`],
    ["time", facts["time"]],
    ["direction", line.entry.direction],
    ["type", line.entry.type],
    ["to", line.entry.recipient],
    ["encodes", line.entry.encodes],
    ["derives from", line.entry.fields.join(", ") || null],
    ["protected by", line.entry.protection],
    ["what became of it", facts["fate"]],
    ["receipt", facts["receiptTime"]],
    ["length", line.entry.sha256 === null ? null : `${line.entry.sizeBytes} bytes`],
    ["SHA-256", facts["sha256"]],
    ["charter", facts["charter"]],
    ["approval", facts["approval"]],
    ["round", line.entry.round === null ? null : `${String(facts["round"])}, attempt ${line.entry.attempt}`],
    ["job key J*", facts["jobKey"]],
    ["pair", line.entry.pair?.join("-") ?? null],
    ["message", facts["messageId"]],
    ["dropped", line.entry.dropped.map(bytesToHex).join(" ") || null],
    ["previous entry", facts["previous"]],
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(18)} ${String(value)}`)
    .join("\n");
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
