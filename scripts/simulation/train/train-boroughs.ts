import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "csv-stringify/sync";
import { openCsv } from "../../../node/data/import/csv-source.ts";
import { shapeFault } from "../../../node/data/import/import-file.ts";
import { parseMappingText } from "../../../node/data/import/mapping.ts";
import { writeHmo } from "../../generator/hmo-file.ts";
import { generateHmo } from "../../generator/hmo.ts";
import type { SimulatedBorough } from "../network.ts";
import { wrong } from "../scenario.ts";
import { byCode, dealOut } from "./split-rows.ts";
import type { SplitPart, TrainBorough, TrainScenario } from "./train-scenario.ts";

/** A party of a learning scenario and what its files say. */
export interface TrainParty extends SimulatedBorough {
  readonly roles: readonly string[];
  readonly attributes: readonly string[];
}

/** How many boroughs of a split file, or of generated ones, open the sums. */
const OPENERS = 3;

/**
 * @param testDataset the name that rows to evaluate on are imported under
 * @throws ProtocolError "bad-input" naming the field of the scenario
 */
export async function readTrainBoroughs(
  scenario: TrainScenario,
  folder: string,
  testDataset: string,
): Promise<TrainParty[]> {
  const files = join(folder, "files");
  mkdirSync(files, { recursive: true });
  const { boroughs } = scenario;
  if (Array.isArray(boroughs)) return readFiles(boroughs, scenario.folder, files, testDataset);
  if (boroughs !== undefined && "generate" in boroughs)
    return generateHomes(boroughs, scenario.seed, files, testDataset);
  const { csv, attributes } = { ...scenario, ...boroughs };
  const part = boroughs?.split ?? scenario.split!;
  return splitFile(
    { ...(csv === undefined ? {} : { csv }), ...(attributes === undefined ? {} : { attributes }), ...part },
    scenario,
    files,
  );
}

/** Properties of London's first boroughs, some of them unlicensed HMOs; those inspected at random are evaluated on. */
async function generateHomes(
  { into, properties }: { readonly into: number; readonly properties: number },
  seed: number,
  files: string,
  testDataset: string,
): Promise<TrainParty[]> {
  const written = await writeHmo(files, generateHmo({ boroughs: into, properties, seed }));
  return written.map(({ name, csv, testCsv, mapping }, index) => {
    const text = readFileSync(mapping, "utf8");
    return {
      name,
      csv,
      mapping: text,
      roles: index < OPENERS ? ["owner", "opener"] : ["owner"],
      attributes: parseMappingText(text).attributes.map(({ attribute }) => attribute),
      heldOut: { dataset: testDataset, csv: testCsv },
    };
  });
}

async function readFiles(
  boroughs: readonly TrainBorough[],
  folder: string,
  files: string,
  testDataset: string,
): Promise<TrainParty[]> {
  const wholes: TrainBorough[] = [];
  const parties: TrainParty[] = [];
  for (const [index, part] of boroughs.entries()) {
    const path = `boroughs.${index}`;
    const model = wholes.find(({ id }) => id === part.like);
    const whole: TrainBorough = {
      ...(model?.csv === undefined ? {} : { csv: model.csv }),
      ...(model?.attributes === undefined ? {} : { attributes: model.attributes }),
      ...part,
    };
    wholes.push(whole);
    if (whole.file === undefined) {
      parties.push({ name: whole.id, csv: null, mapping: "", roles: whole.roles ?? ["opener"], attributes: [] });
      continue;
    }
    const mapping = mappingText(whole.csv, whole.attributes, path);
    const file = requireFile(whole.file, folder, `${path}.file`);
    const own =
      whole.rows === undefined ? file : await pickRows(file, mapping, whole.rows, join(files, `${whole.id}.csv`));
    const heldOut = await heldOutOf(whole, { file, mapping, folder, files, path });
    parties.push({
      name: whole.id,
      csv: own,
      // Picked rows are written with a header of their own.
      mapping: whole.rows === undefined ? mapping : withoutHeader(mapping),
      roles: whole.roles ?? ["owner", "opener"],
      attributes: parseMappingText(mapping).attributes.map(({ attribute }) => attribute),
      ...(heldOut === null ? {} : { heldOut: { dataset: testDataset, csv: heldOut } }),
    });
  }
  return parties;
}

async function heldOutOf(
  { id, testFile, testRows, rows }: TrainBorough,
  from: { file: string; mapping: string; folder: string; files: string; path: string },
): Promise<string | null> {
  const { file, mapping, folder, files, path } = from;
  if (testRows !== undefined) {
    if (rows === undefined) throw wrong(`${path}.testRows`, "needs rows beside it, those that are learned from");
    return pickRows(file, mapping, testRows, join(files, `${id}-test.csv`));
  }
  if (testFile === undefined || testFile === null) return null;
  const found = requireFile(testFile, folder, `${path}.testFile`);
  return rows === undefined ? found : pickRows(found, mapping, null, join(files, `${id}-test.csv`));
}

function requireFile(file: string, folder: string, path: string): string {
  const found = resolve(folder, file);
  if (!existsSync(found)) throw wrong(path, `${file} does not exist`, "paths are relative to the scenario");
  return found;
}

function mappingText(csv: unknown, attributes: unknown, path: string): string {
  if (attributes === undefined) throw wrong(`${path}.attributes`, "is needed for a file: attribute to column");
  const text = JSON.stringify({ csv, attributes });
  parseMappingText(text);
  return text;
}

function withoutHeader(mapping: string): string {
  const parsed = JSON.parse(mapping) as { csv?: Record<string, unknown> };
  return JSON.stringify({ ...parsed, csv: { ...parsed.csv, header: true, delimiter: ",", encoding: "utf-8" } });
}

/** Writes some of a file's records, or all, under its header. */
async function pickRows(file: string, mapping: string, rows: readonly number[] | null, to: string): Promise<string> {
  const { header, records } = await readAll(file, mapping);
  const picked = rows === null ? records : rows.map((row) => records[row]);
  if (picked.some((record) => record === undefined)) throw wrong("boroughs", `${file} has fewer rows than are named`);
  writeFileSync(to, stringify([header, ...(picked as string[][])]));
  return to;
}

async function readAll(file: string, mapping: string): Promise<{ header: readonly string[]; records: string[][] }> {
  const source = await openCsv(file, parseMappingText(mapping));
  const records: string[][] = [];
  for await (const { values } of source.records()) {
    if (shapeFault(values, source.header.length) === null) records.push([...values]);
  }
  return { header: source.header, records };
}

/** One file's rows dealt out: at random by the scenario's seed, or one borough for each code of an attribute. */
async function splitFile(part: SplitPart, { seed, folder }: TrainScenario, files: string): Promise<TrainParty[]> {
  const mapping = mappingText(part.csv, part.attributes, "split");
  const { attributes } = parseMappingText(mapping);
  const { header, records } = await readAll(requireFile(part.file, folder, "split.file"), mapping);
  const column = attributes.find(({ attribute }) => attribute === part.by)?.column ?? part.by;
  const groups = part.by === "random" ? dealOut(records, part.into, seed) : byCode(records, header, column);
  return [...groups].map(([name, rows], index) => {
    const csv = join(files, `${name}.csv`);
    writeFileSync(csv, stringify([[...header], ...rows]));
    return {
      name,
      csv,
      mapping: withoutHeader(mapping),
      roles: index < OPENERS ? ["owner", "opener"] : ["owner"],
      attributes: attributes.map(({ attribute }) => attribute),
    };
  });
}
