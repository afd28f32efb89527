import { existsSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createOwnSideStore, type OwnSideList, type OwnSideRow } from "../data/own-side-store.ts";
import type { NodeContext } from "./context.ts";
import { requirePurpose } from "./purpose.ts";

/**
 * `node matches list | export`: which own rows matched another borough's, after a released round. The borough's own
 * data, never the partner's. Opening it asks what for, and the answer goes into the ledger before a row is shown.
 */
const BANNER = `A match is an anomaly to be checked, not a finding: no fraud and no error is to be assumed from it. Nothing is
cancelled, stopped or recovered automatically. That somebody has died needs two independent keys.`;

const MUST_CHECK = "to be checked: a match is no proof";

type OpenedList = OwnSideList & { readonly matched: readonly OwnSideRow[] };

export function addMatchesCommands(node: Command, context: () => NodeContext): void {
  const matches = node.command("matches").description("which own rows matched another borough's, after a release");

  matches
    .command("list")
    .argument("[round]", "round number, or its first characters; without it: which lists there are, and no row")
    .option("--purpose <text>", "what the list is opened for, without names of people; it goes into the ledger")
    .description("own references, the borough they matched in, and the key that agreed")
    .addHelpText(
      "after",
      '\nExample:\n  portmoot node matches list 3f2a --purpose "single person discount review" --home ./camden',
    )
    .action(async (prefix: string | undefined, options: { purpose?: string }) => {
      const opened = context();
      if (prefix === undefined) showOverview(opened);
      else showRows(opened, await openLists(opened, prefix, options, "shown"));
    });

  matches
    .command("export")
    .argument("<round>", "round number, or its first characters")
    .requiredOption("--out <file>", "a CSV file to be made; an existing one is left alone")
    .option("--purpose <text>", "what the list is opened for, without names of people; it goes into the ledger")
    .description("the same as a CSV file, readable by its owner alone")
    .addHelpText(
      "after",
      '\nExample:\n  portmoot node matches export 3f2a --out matches.csv --purpose "discount review" --home ./camden',
    )
    .action(async (prefix: string, options: { out: string; purpose?: string }) => {
      const opened = context();
      if (existsSync(options.out)) {
        throw new ProtocolError("bad-input", `${options.out}: is there already`, { hint: "name another file" });
      }
      const lists = await openLists(opened, prefix, options, "exported");
      writeExport(options.out, lists);
      const rows = lists.reduce((sum, { matched }) => sum + matched.length, 0);
      opened.output.note(BANNER);
      opened.output.facts({ file: options.out, rows }, `${rows} rows written to ${options.out}`);
    });
}

function showOverview({ db, clock, output }: NodeContext): void {
  const store = createOwnSideStore(db);
  store.dropExpired(clock.nowMs());
  const facts = store.lists().map((list) => ({
    round: bytesToHex(list.round),
    partner: list.partner,
    state: list.state,
    rows: list.state === "here" ? store.rows(list.round, list.pair).length : null,
    keptUntil: new Date(list.keepUntilMs).toISOString().slice(0, 10),
  }));
  const lines = facts.map(
    ({ round, partner, state, rows, keptUntil }) =>
      `${round}  ${partner.padEnd(20)} ${rows === null ? STATES[state] : `${rows} rows`}, kept until ${keptUntil}`,
  );
  output.facts(facts, lines.length === 0 ? "no own-side lists" : lines.join("\n"));
}

const STATES: Readonly<Record<OwnSideList["state"], string>> = {
  here: "here",
  refused: "refused: what the matcher sent was no list of this node's rows",
  missing: "missing: none has come",
};

/** Asks for the purpose, logs it, and only then reads. */
async function openLists(
  { db, clock, output, core, ask }: NodeContext,
  prefix: string,
  options: { purpose?: string },
  how: "shown" | "exported",
): Promise<OpenedList[]> {
  const store = createOwnSideStore(db);
  store.dropExpired(clock.nowMs());
  const lists = store.lists().filter(({ round }) => bytesToHex(round).startsWith(prefix));
  const [first] = lists;
  if (first === undefined || lists.some(({ round }) => bytesToHex(round) !== bytesToHex(first.round))) {
    throw new ProtocolError(
      "not-found",
      first === undefined ? `round ${prefix} has no own-side lists here` : `round ${prefix} is not unique`,
      { hint: "portmoot node matches list" },
    );
  }
  const purpose = await requirePurpose(options.purpose, ask);
  const { gate } = core();
  db.transaction(() => {
    gate.recordOpening({
      round: first.round,
      charterDigest: first.charter,
      encodes: `The own-side lists of this round were ${how} here by the account ${userInfo().username}, for: ${purpose}`,
    });
  }).immediate();
  for (const { partner, state } of lists.filter((list) => list.state !== "here")) {
    output.note(`no list of ${partner}: ${STATES[state]}`);
  }
  return lists.map((list) => ({ ...list, matched: store.rows(list.round, list.pair) }));
}

function showRows({ output }: NodeContext, lists: readonly OpenedList[]): void {
  const rows = toRows(lists);
  const width = Math.max(9, ...rows.map(({ reference }) => reference.length));
  const lines = rows.map(({ reference, partner, key }) => `${reference.padEnd(width)}  ${partner.padEnd(20)}  ${key}`);
  output.facts(
    { notice: BANNER, rows },
    [BANNER, "", `${"reference".padEnd(width)}  ${"also in".padEnd(20)}  match key`, ...lines].join("\n"),
  );
}

function writeExport(file: string, lists: readonly OpenedList[]): void {
  const text = stringify(
    toRows(lists).map(({ reference, partner, key }) => [reference, partner, key, MUST_CHECK]),
    // A reference that begins like a formula must not become one in somebody's spreadsheet.
    { header: true, columns: ["reference", "also_in", "match_key", "note"], escape_formulas: true },
  );
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
}

function toRows(lists: readonly OpenedList[]) {
  return lists.flatMap(({ partner, matched }) =>
    matched.map(({ row, reference, key }) => ({ reference: reference ?? `row ${row}`, partner, key })),
  );
}
