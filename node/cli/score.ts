import { existsSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { bytesToHex, hexToBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { SCORE_NOTICE } from "../../shared/learning/published-model.ts";
import { createModelStore, type StoredModel } from "../data/model-store.ts";
import { requireFeatures, scoreDataset, type Reason, type ScoredRow } from "../learning/score.ts";
import type { NodeContext } from "./context.ts";
import { requirePurpose } from "./purpose.ts";

/**
 * `node score`: a released model on the borough's own rows, the highest first, with reasons. The list is a file here;
 * nothing of it is stored or sent. What it is for goes into the ledger before a row is read.
 */
export function addScoreCommand(node: Command, context: () => NodeContext): void {
  node
    .command("score")
    .argument("<model>", "the model's digest, or its first characters")
    .requiredOption("--dataset <name>", "whose rows are scored")
    .requiredOption("--out <file>", "a CSV file to be made; an existing one is left alone")
    .option("--top <count>", "how many rows, the highest first", "500")
    .option("--purpose <text>", "what the list is for, without names of people; it goes into the ledger")
    .description("own rows by a released model, the highest first, with score, rank and reasons")
    .addHelpText(
      "after",
      '\nExample:\n  portmoot node score 3f2a --dataset homes --top 500 --out homes.csv --purpose "HMO inspections" --home ./camden',
    )
    .action(async (prefix: string, options: { dataset: string; out: string; top: string; purpose?: string }) => {
      const { db, clock, output, core, ask } = context();
      const { dataset, out } = options;
      const top = readTop(options.top);
      const stored = createModelStore(db).require(prefix);
      const { equation, expires, notForRelease } = stored.model;
      if (new Date(clock.nowMs()).toISOString().slice(0, 10) > expires) {
        throw new ProtocolError("expired", `model: was to be used until ${expires}`, {
          hint: "ask for a new one: what it learned from is too old",
        });
      }
      if (existsSync(out)) {
        throw new ProtocolError("bad-input", `${out}: is there already`, { hint: "name another file" });
      }
      requireFeatures(db, dataset, equation);
      const purpose = await requirePurpose(options.purpose, ask);
      recordScoring({ db, core }, stored, { dataset, top, purpose });
      const { rows, unscored, top: listed } = scoreDataset(db, { dataset, equation, top });
      writeList(out, listed, equation.digits);
      output.note(SCORE_NOTICE);
      if (notForRelease) output.note("This model is from a rehearsal: it is not for real cases.");
      output.facts(
        { file: out, model: bytesToHex(stored.digest), rows, unscored, listed: listed.length, notice: SCORE_NOTICE },
        `${listed.length} of ${rows} rows written to ${out}${unscored === 0 ? "" : `; ${unscored} have no score, a value that the model needs is missing there`}`,
      );
    });
}

const MOST_LISTED = 1_000_000;

function readTop(text: string): number {
  const top = Number(text);
  if (/^\d{1,7}$/.test(text) && top >= 1 && top <= MOST_LISTED) return top;
  throw new ProtocolError("bad-input", `--top: expected a whole number from 1 to ${MOST_LISTED}`);
}

function recordScoring(
  { db, core }: Pick<NodeContext, "db" | "core">,
  { digest, model }: StoredModel,
  { dataset, top, purpose }: { dataset: string; top: number; purpose: string },
): void {
  const { gate } = core();
  const rows = `The rows of dataset ${dataset} were scored here by model ${bytesToHex(digest)}`;
  db.transaction(() => {
    gate.recordOpening({
      // The model's shape has so many digits.
      round: hexToBytes(model.round)!,
      charterDigest: hexToBytes(model.charter.digest)!,
      encodes: `${rows} and at most ${top} listed, by the account ${userInfo().username}, for: ${purpose}`,
    });
  }).immediate();
}

const NOTE = "to be checked: a score supports a decision and does not make one";

function writeList(file: string, listed: readonly ScoredRow[], digits: number): void {
  const text = stringify(
    listed.map(({ rank, reference, row, score, reasons }) => {
      const cells = [reference ?? `row ${row}`, rank, Number(score.toPrecision(digits))];
      return [...cells, ...[0, 1, 2].map((place) => reasonText(reasons[place])), NOTE];
    }),
    // A reference that begins like a formula must not become one in somebody's spreadsheet.
    {
      header: true,
      columns: ["reference", "rank", "score", "reason_1", "reason_2", "reason_3", "note"],
      escape_formulas: true,
    },
  );
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
}

/** "complaints 5 raises it (+1.38)": against the average row of the dataset. */
function reasonText(reason: Reason | undefined): string {
  if (reason === undefined) return "";
  const { feature, value, amount } = reason;
  return `${feature} ${value} ${amount > 0 ? "raises it (+" : "lowers it ("}${amount.toFixed(2)})`;
}
