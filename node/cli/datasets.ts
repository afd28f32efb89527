import { join } from "node:path";
import type { Command } from "commander";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Progress } from "../../shared/host/cli.ts";
import { readDocument } from "../../shared/host/config.ts";
import { collectKeyColumns, type Funnel, type KeyFunnel } from "../../shared/matching/population.ts";
import {
  cascadeFields,
  decodeCharter,
  isMatch,
  transformTables,
  type MatchCharter,
} from "../../shared/protocol/charter.ts";
import { createConsentStore } from "../data/consent-store.ts";
import { listDatasets, type Dataset } from "../data/datasets.ts";
import { openImportLock } from "../data/import/import-lock.ts";
import { importFile, type ImportReport } from "../data/import/import-file.ts";
import { parseMappingText } from "../data/import/mapping.ts";
import { readPopulation } from "../data/population.ts";
import { homeFiles } from "../home.ts";
import type { NodeContext } from "./context.ts";

/** `node import | datasets`. */
export function addDatasetCommands(node: Command, context: () => NodeContext): void {
  node
    .command("import")
    .argument("<file>", "CSV: comma, semicolon or tab")
    .requiredOption("--dataset <name>", "the name charters use for these rows")
    .requiredOption("--mapping <file>", "YAML: which column is which field")
    .option("--rejects <file>", "where rows and fields that cannot be read are listed")
    .description("load a CSV file as the dataset's new snapshot, all of it or nothing")
    .addHelpText(
      "after",
      "\nExample:\n  portmoot node import extract.csv --dataset council-tax --mapping council-tax.yaml --home ./camden",
    )
    .action(async (file: string, options: { dataset: string; mapping: string; rejects?: string }) => {
      const { home, db, clock, output } = context();
      checkName(options.dataset);
      const mapping = parseMappingText(readDocument(options.mapping));
      let progress: Progress | null = null;
      const lock = openImportLock(homeFiles(home).importLock);
      const report = await importFile({
        db,
        file,
        dataset: options.dataset,
        mapping,
        rejectsFile: options.rejects ?? join(home, `${options.dataset}.rejects.csv`),
        clock,
        onProgress: (bytes, ofBytes) => {
          progress ??= output.progress(`importing ${file}`, ofBytes / 1e6, "MB");
          progress.update(bytes / 1e6);
        },
      }).finally(() => {
        progress?.stop();
        lock.release();
      });
      const coverage = keyCoverage(context(), options.dataset);
      output.facts({ ...report, coverage }, reportText(report, coverage));
    });

  node
    .command("datasets")
    .description("what is loaded here: rows, columns, when")
    .addHelpText("after", "\nExample:\n  portmoot node datasets --home ./camden")
    .action(() => {
      const { db, output } = context();
      const datasets = listDatasets(db);
      output.facts(datasets, datasets.length === 0 ? "no dataset yet" : datasets.map(datasetText).join("\n"));
    });
}

interface Coverage extends KeyFunnel {
  readonly charter: string;
  readonly rows: number;
}

/** Of each match key of every charter here that reads this dataset: in how many rows it is there, and unique. */
function keyCoverage(context: NodeContext, dataset: string): Coverage[] {
  return createConsentStore(context.db)
    .charters()
    .map(({ body }) => decodeCharter(body))
    .filter(isMatch)
    .filter((charter) => charter.dataset.name === dataset)
    .flatMap((charter) => {
      const { perKey, units } = keyFunnel(context, charter);
      return perKey.map((key) => ({ charter: charter.id, ...key, rows: units }));
    });
}

/** The charter's match keys over all rows of its dataset here. @throws ProtocolError "not-found" without the dataset */
export function keyFunnel({ db, workspace }: NodeContext, charter: MatchCharter): Funnel {
  const { dataset, operation } = charter;
  const fields = cascadeFields(charter);
  const rows = readPopulation(db, { dataset: dataset.name, fields, where: [], label: null });
  const { digests, funnel } = collectKeyColumns(rows, {
    fields,
    cascade: operation.cascade,
    collapse: dataset.collapse,
    tables: transformTables(charter),
    workspace: workspace(),
  });
  digests.close();
  return funnel;
}

function reportText(report: ImportReport, coverage: readonly Coverage[]): string {
  const { dataset, snapshot, rowsIn, rowsReadable, fieldsUnreadable, present, rejects, rejectsFile } = report;
  const share = (part: number, whole: number) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`);
  return [
    `dataset ${dataset}, snapshot ${snapshot}`,
    `  rows in the file    ${rowsIn}`,
    `  readable            ${rowsReadable}  (${share(rowsReadable, rowsIn)})`,
    `  fields unreadable   ${fieldsUnreadable}, now missing`,
    ...(rejects === 0 ? [] : [`  rejects             ${rejects}, listed in ${rejectsFile}`]),
    "coverage by field",
    ...Object.entries(present).map(([field, count]) => `  ${field.padEnd(18)}  ${share(count, rowsReadable)}`),
    ...(coverage.length === 0
      ? ["coverage by match key: shown once a charter for this dataset is here"]
      : ["coverage by match key: there, and unique"]),
    ...coverage.map(
      ({ charter, key, present: there, unique, rows }) =>
        `  ${charter} ${key.padEnd(18)}  ${share(there, rows)}, ${share(unique, rows)}`,
    ),
  ].join("\n");
}

function datasetText({ name, snapshot, rows, columns, importedMs }: Dataset): string {
  return `${name.padEnd(20)} ${rows} rows, snapshot ${snapshot} of ${new Date(importedMs).toISOString()}: ${[...columns.fields, ...columns.attributes].join(", ")}`;
}

function checkName(name: string): void {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw new ProtocolError("bad-input", "--dataset: expected a name of a-z, 0-9, _ and -, at most 63 long");
  }
}
