import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { bytesToHex } from "../shared/base/bytes.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import { parseShape } from "../shared/base/shape.ts";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { readDocument } from "../shared/host/config.ts";
import { parseYaml } from "../shared/protocol/charter-document.ts";
import { statementBody } from "../shared/protocol/identity.ts";
import { parseReleasedResult, resultNames, resultText } from "../shared/protocol/result-text.ts";
import { protectedResultBody, releaseBody } from "../shared/protocol/round-messages.ts";
import { demoDocuments, RESIDENT_CASCADE } from "./demo-charter.ts";
import { residentFiles } from "./demo-input.ts";
import { joinPlainlyIn } from "./plain-join.ts";
import { createSimulation } from "./simulation/network.ts";

/** `portmoot simulate SCENARIO.yaml`: one matching round in one process, seeded, beside its known answer. */
const key = z.strictObject({
  key: z.string(),
  of: z.array(z.strictObject({ field: z.string(), as: z.array(z.string()).min(1) })).min(1),
});
const scenario = z.strictObject({
  format: z.literal("portmoot/scenario/v1"),
  seed: z.number().int().min(0),
  boroughs: z.union([
    z.strictObject({
      generate: z.number().int().min(3).max(33),
      residents: z.number().int().min(150),
    }),
    z.array(z.strictObject({ id: z.string(), file: z.string(), mapping: z.string() })).min(3),
  ]),
  charter: z
    .strictObject({
      protocol: z.enum(["double-salt", "single-salt"]).default("double-salt"),
      cascade: z.array(key).min(1).optional(),
      label: z.strictObject({ attribute: z.string(), codes: z.array(z.string()).min(1) }).optional(),
    })
    .prefault({}),
  expect: z.enum(["released", "refused", "aborted"]).default("released"),
});

export function createSimulateProgram(io: CommandIo): Command {
  return new Command("simulate")
    .argument("<scenario>", "YAML: seed, boroughs (generated or files), charter parts, expected outcome")
    .option("--json", "facts as JSON")
    .description(
      "one matching round in one process with the code and rules of the real programs, beside its known answer",
    )
    .addHelpText("after", "\nExample:\n  portmoot simulate examples/residents.yaml")
    .action(async (file: string, options: { json?: boolean }) => {
      const parsed = parseShape(scenario, parseYaml(readDocument(file), file), file, "bad-input");
      const folder = mkdtempSync(join(tmpdir(), "portmoot-simulation-"));
      try {
        const facts = await simulate(parsed, dirname(resolve(file)), folder);
        createOutput(io, options.json === true).facts(facts, facts.text);
        if (facts.outcome !== parsed.expect) {
          throw new ProtocolError(
            "refused",
            `scenario: expected ${parsed.expect}, the round was ${facts.outcome}${facts.reason === null ? "" : `: ${facts.reason}`}`,
          );
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

async function simulate({ seed, boroughs, charter }: z.infer<typeof scenario>, base: string, folder: string) {
  const files = Array.isArray(boroughs)
    ? boroughs.map(({ id, file, mapping }) => ({
        name: id,
        csv: resolve(base, file),
        mapping: readDocument(resolve(base, mapping)),
      }))
    : residentFiles({ folder, boroughs: boroughs.generate, residents: boroughs.residents, seed }).boroughs;
  const parts = {
    id: "simulated",
    title: "A simulated round",
    protocol: charter.protocol,
    cascade: charter.cascade ?? RESIDENT_CASCADE,
    label: charter.label ?? { attribute: "discount", codes: ["none", "single-person", "student"] },
  };
  const network = await createSimulation({
    seed,
    boroughs: files,
    documents: demoDocuments(parts, files),
    coordinatorDb: ":memory:",
  });
  try {
    const id = await network.launch();
    const round = await network.finish(id);
    const join = joinPlainlyIn(network.nodes, { cascade: parts.cascade, label: parts.label });
    const signed =
      round.release === null
        ? null
        : protectedResultBody.parse(statementBody(releaseBody.decode(round.release).statements[0]!.statement));
    const lines = [
      `round ${bytesToHex(id)}: ${round.state}${round.reason === null ? "" : `, ${round.reason}`}`,
      ...(signed === null ? [] : [resultText(parseReleasedResult(signed), resultNames(network.charter))]),
      `matches found by the same keys in the open: ${join.total}`,
    ];
    return {
      seed,
      outcome: round.state,
      reason: round.reason,
      release: signed === null ? null : parseReleasedResult(signed),
      plain: { total: join.total, cells: join.cells },
      text: lines.join("\n"),
    };
  } finally {
    network.close();
  }
}
