import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { readDocument } from "../shared/host/config.ts";
import { parseCharter, requireMatch, type Charter } from "../shared/protocol/charter.ts";
import { parseYaml } from "../shared/protocol/charter-document.ts";
import { findCharter } from "../node/cli/charter.ts";
import { openNodeDatabase } from "../node/data/database.ts";
import { homeFiles } from "../node/home.ts";
import { rehearsalText } from "./rehearsal/rehearsal-text.ts";
import { runRehearsal } from "./rehearsal/run-rehearsal.ts";
import { wholeNumber } from "./whole-number.ts";

/**
 * `portmoot rehearse CHARTER`: whom a charter's match keys find and mistake, group by group, on made-up residents with a
 * known answer; the file that `node charter approve --rehearsal` takes. No real row is read and nothing is sent.
 */
export function createRehearseProgram(io: CommandIo): Command {
  return new Command("rehearse")
    .argument("<charter>", "with --home the id of a charter that came in there; else a YAML file, drafts too")
    .option("--home <folder>", "the node's folder whose charter it is")
    .option("--out <file>", "write the rehearsal, for `node charter approve --rehearsal`")
    .option("--seed <number>", "the same seed gives the same figures", "7")
    .option("--boroughs <number>", "how many boroughs", "5")
    .option("--residents <number>", "people at home in all of them together", "100000")
    .option("--overlap <share>", "share of people who stand in another borough's list too", "0.2")
    .option("--dirt <share>", "share of their second rows with errors", "0.25")
    .option("--json", "facts as JSON")
    .description("how well a charter's match keys find people of each group, on made-up residents")
    .addHelpText(
      "after",
      "\nExample:\n  portmoot rehearse council-tax-double-residence --home ./camden --out rehearsal.json",
    )
    .action(async (reference: string, flags: Record<string, string | undefined> & { json?: true }) => {
      const output = createOutput(io, flags.json === true);
      const number = (flag: string, least: number, most: number) =>
        wholeNumber("rehearse", `--${flag}`, flags[flag]!, least, most);
      const options = {
        seed: number("seed", 0, Number.MAX_SAFE_INTEGER),
        boroughs: number("boroughs", 3, 33),
        residents: number("residents", 300, 3_000_000),
        overlap: share("--overlap", flags["overlap"]!),
        dirt: share("--dirt", flags["dirt"]!),
      };
      const charter =
        flags["home"] === undefined ? readCharterFile(reference) : receivedCharter(flags["home"], reference);
      const scratch = mkdtempSync(join(tmpdir(), "portmoot-rehearsal-"));
      try {
        const rehearsal = await runRehearsal(requireMatch(charter), options, scratch, (text) => {
          output.note(text);
        });
        const out = flags["out"];
        if (out !== undefined) writeFileSync(out, `${JSON.stringify(rehearsal, null, 2)}\n`);
        output.facts(rehearsal, rehearsalText(rehearsal, charter));
        if (out !== undefined) output.note(`written: ${out}`);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });
}

function receivedCharter(home: string, reference: string): Charter {
  const { database } = homeFiles(home);
  if (!existsSync(database)) {
    throw new ProtocolError("bad-input", `${home}: is not a node's folder`, {
      hint: "--home DIR, or a charter's file",
    });
  }
  const db = openNodeDatabase(database);
  try {
    return findCharter(db, reference).parsed;
  } finally {
    db.close();
  }
}

/** A draft may leave out keys and coordinator, which decide nothing about who is matched. */
function readCharterFile(file: string): Charter {
  const draft = parseYaml(readDocument(file), file) as Record<string, unknown>;
  const withKey = (named: unknown, place: number): unknown =>
    isRecord(named) ? { rootKey: `ed25519:${String(place).padStart(43, "A")}`, ...named } : named;
  const { parties } = draft;
  return parseCharter({
    ...draft,
    coordinator: withKey(draft["coordinator"] ?? { name: "not named yet" }, 0),
    parties: Array.isArray(parties) ? parties.map((party, index) => withKey(party, index + 1)) : parties,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function share(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new ProtocolError("bad-input", `${flag}: expected a share from 0 to 1`, { hint: "portmoot rehearse --help" });
}
