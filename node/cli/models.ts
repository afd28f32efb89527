import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { modelDigest, SCORE_NOTICE, type Equation } from "../../shared/learning/published-model.ts";
import { createModelStore, type StoredModel } from "../data/model-store.ts";
import { readModelFile } from "../learning/model-file.ts";
import type { NodeContext } from "./context.ts";

/** `node models list | show | export | add`: released models, which are public, as files and in plain words. */
export function addModelCommands(node: Command, context: () => NodeContext): void {
  const models = node.command("models").description("released models kept here");

  models
    .command("list")
    .description("every model here, by digest")
    .addHelpText("after", "\nExample:\n  portmoot node models list --home ./camden")
    .action(() => {
      const { db, clock, output } = context();
      const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
      const facts = createModelStore(db)
        .models()
        .map(({ digest, origin, model: { charter, version, created, expires } }) => ({
          digest: bytesToHex(digest),
          charter: charter.id,
          version,
          origin,
          created,
          expires,
          expired: today > expires,
        }));
      const lines = facts.map(
        ({ digest, charter, version, origin, expires, expired }) =>
          `${digest.slice(0, 12)}  ${charter} model ${version}  from a ${origin}, ${expired ? "expired on" : "until"} ${expires}`,
      );
      output.facts(facts, lines.length === 0 ? "no models yet" : lines.join("\n"));
    });

  models
    .command("show")
    .argument("<model>", "its digest, or its first characters")
    .description("its card, and what each feature adds")
    .addHelpText("after", "\nExample:\n  portmoot node models show 3f2a --home ./camden")
    .action((prefix: string) => {
      const { db, output } = context();
      const stored = createModelStore(db).require(prefix);
      const { digest, origin, model } = stored;
      output.facts({ digest: bytesToHex(digest), origin, ...model }, modelText(stored));
    });

  models
    .command("export")
    .argument("<model>", "its digest, or its first characters")
    .requiredOption("--out <file>", "a JSON file to be made; an existing one is left alone")
    .description("the model as a file, for a borough that did not train; tell its digest by another road")
    .addHelpText("after", "\nExample:\n  portmoot node models export 3f2a --out model.json --home ./camden")
    .action((prefix: string, options: { out: string }) => {
      const { db, output } = context();
      const { digest, model } = createModelStore(db).require(prefix);
      if (existsSync(options.out)) {
        throw new ProtocolError("bad-input", `${options.out}: is there already`, { hint: "name another file" });
      }
      writeFileSync(options.out, `${JSON.stringify(model, null, 2)}\n`, { flag: "wx" });
      const text = bytesToHex(digest);
      output.facts({ file: options.out, digest: text }, `written to ${options.out}\ndigest ${text}`);
    });

  models
    .command("add")
    .argument("<file>", "a model as `models export` writes it")
    .requiredOption("--digest <hex>", "its digest, as told by a borough that trained, by another road than the file")
    .description("take in a model of a round in which this borough did not take part")
    .addHelpText("after", "\nExample:\n  portmoot node models add model.json --digest 3f2a… --home ./camden")
    .action((file: string, options: { digest: string }) => {
      const { db, clock, output } = context();
      const model = readModelFile(file);
      // What makes it the model that was released; the file alone could be anybody's.
      if (bytesToHex(modelDigest(model)) !== options.digest.toLowerCase()) {
        throw new ProtocolError("integrity", `${file}: is not the model of that digest`, {
          hint: "compare the digest once more with a borough that trained",
        });
      }
      const digest = bytesToHex(createModelStore(db).add(model, { origin: "file", atMs: clock.nowMs() }));
      output.facts({ digest, charter: model.charter.id, version: model.version }, `added model ${digest}`);
    });
}

function modelText({ digest, origin, model }: StoredModel): string {
  const { charter, version, card, equation, participants, steps, created, expires, notForRelease } = model;
  const rows: [string, string][] = [
    ["digest", bytesToHex(digest)],
    ["model", `${version} under charter ${charter.id} version ${charter.version}`],
    ["from", origin === "round" ? "a round of this borough" : "a file, by the digest that was compared"],
    ["learned", `${created}, in ${steps} secure sums of ${participants} boroughs`],
    ["may score until", expires],
    ["purpose", card.purpose],
    ["label", equation.label.description],
    ["rows", card.trainingPeriod],
    ...card.metrics.map(({ name, figure }): [string, string] => [name, figure]),
    ...card.groups.map(({ group, name, figure }): [string, string] => [group, `${name} ${figure}`]),
    ...card.limits.map((limit): [string, string] => ["limit", limit]),
  ];
  return [
    SCORE_NOTICE,
    ...(notForRelease ? ["From a rehearsal: not for real cases."] : []),
    "",
    ...rows.map(([name, value]) => `${name.padEnd(18)} ${value}`),
    "",
    `what is added to the ${SCALES[equation.family]}, ${equation.digits} significant figures`,
    `  ${"intercept".padEnd(38)} ${equation.intercept}`,
    ...equation.coefficients.map((each) => `  ${termText(each, equation).padEnd(38)} ${each.estimate}`),
  ].join("\n");
}

const SCALES: Readonly<Record<Equation["family"], string>> = {
  logistic: "log odds",
  linear: "mean",
  poisson: "logarithm of the mean count",
};

function termText({ feature, of, level }: Equation["coefficients"][number], { features }: Equation): string {
  if (of === "level") return `${feature} ${level}`;
  if (of !== "value") return `${feature} ${of}`;
  const declared = features.find(({ name }) => name === feature);
  return declared?.type === "number" ? `${feature}, per ${declared.unit}` : `${feature} yes`;
}
