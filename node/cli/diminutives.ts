import type { Command } from "commander";
import { ProtocolError } from "../../shared/base/errors.ts";
import { readDocument } from "../../shared/host/config.ts";
import { groupsJoined, parseDiminutives, sameNames } from "../../shared/matching/standardise/diminutives.ts";
import { fold } from "../../shared/matching/standardise/fold.ts";
import { STANDARD_TABLES } from "../../shared/matching/transforms.ts";
import { requireMatch, transformTables } from "../../shared/protocol/charter.ts";
import { findCharter } from "./charter.ts";
import type { NodeContext } from "./context.ts";

/**
 * `node keys diminutives`: which short and pet forms of a forename are compared as one, and how to have more of them.
 * It changes nothing here: a table that one node had alone would lose matches, so groups travel in the charter.
 */
export function addDiminutivesCommand(keys: Command, context: () => NodeContext): void {
  keys
    .command("diminutives")
    .argument("[names...]", "forenames to look up")
    .option("--charter <id>", "with the groups that this charter adds")
    .option("--add <file>", "groups to propose: one line of names each, separated by spaces or commas")
    .description("which forenames the transform `diminutive` takes for one; or lines for a charter that adds some")
    .addHelpText(
      "after",
      "\nExamples:\n  portmoot node keys diminutives bob divya --charter council-tax-double-residence --home ./camden\n  portmoot node keys diminutives --add ours.txt --home ./camden",
    )
    .action((names: string[], options: { charter?: string; add?: string }) => {
      const { output } = context();
      if (options.add !== undefined) {
        const groups = groupsToPropose(options.add);
        output.facts(groups, proposal(groups));
        return;
      }
      if (names.length === 0) throw new ProtocolError("bad-input", "names: say which, or --add a file of groups");
      const { diminutives } =
        options.charter === undefined
          ? STANDARD_TABLES
          : transformTables(requireMatch(findCharter(context().db, options.charter).parsed));
      const found = names.map((name) => ({ name: fold(name), same: sameNames(fold(name), diminutives) }));
      output.facts(found, found.map(lookUpText).join("\n"));
    });
}

function groupsToPropose(file: string): ReturnType<typeof parseDiminutives> {
  const groups = parseDiminutives(readDocument(file));
  if (groups.length === 0) throw new ProtocolError("bad-input", `${file}: no group stands in it`);
  for (const names of groups) {
    const [one, other] = groupsJoined(names);
    if (other === undefined) continue;
    throw new ProtocolError(
      "bad-input",
      `${file}: ${names.join(" ")} would make one of the names of ${one!} and ${other}`,
      {
        hint: `see: portmoot node keys diminutives ${one!} ${other}`,
      },
    );
  }
  return groups;
}

function proposal(groups: ReturnType<typeof parseDiminutives>): string {
  return [
    "# Both boroughs of a pair must make the same of a name, so these stand in the charter. Give them to its proposer:",
    "dataset:",
    "  diminutives:",
    ...groups.map((names) => `    - [${names.join(", ")}]`),
  ].join("\n");
}

function lookUpText({ name, same }: { readonly name: string; readonly same: readonly string[] }): string {
  return same.length === 0 ? `${name}: in no group, compared as it stands` : `${name}: one with ${same.join(", ")}`;
}
