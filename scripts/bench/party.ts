import { createWriteStream, rmSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { openNodeDatabase } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { readPopulation } from "../../node/data/population.ts";
import { openWorkspace } from "../../node/matching/scratch-files.ts";
import { assert } from "../../shared/base/errors.ts";
import { MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { IN_MEMORY, type Workspace } from "../../shared/base/scratch.ts";
import { FRAME_OVERHEAD_BYTES } from "../../shared/crypto/sealing.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { systemClock } from "../../shared/host/clock.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { TAG_BYTES } from "../../shared/crypto/tags.ts";
import { buildList } from "../../shared/matching/list.ts";
import { ListReader } from "../../shared/matching/list-reader.ts";
import { PairTags, type AddTags } from "../../shared/matching/pair-tags.ts";
import { collectKeyColumns, type KeyColumns } from "../../shared/matching/population.ts";
import { peakBytes } from "../network/processes.ts";
import { readFrames, writeFrames } from "./frames-file.ts";
import type { CollectTask, FillTask, Listed, ListTask, Matched, MatchTask, Task, Use } from "./party-process.ts";
import { cascadeFields, peopleCascade, peopleLines } from "./people.ts";

/**
 * One party of the `pair` and `london` suites: does the tasks of the process that started it, one after another. An owner
 * and the matcher do what their nodes do in a round, but for the sealing and the wire: the lists are files.
 */
const DATASET = "people";
const startBytes = peakBytes(process.pid);
let columns: KeyColumns | null = null;
let workspace: Workspace = IN_MEMORY;

/** @returns what is told beside the use of the machine */
async function perform(task: Task): Promise<object> {
  switch (task.role) {
    case "fill":
      await fill(task);
      return {};
    case "collect":
      collect(task);
      return {};
    case "list":
      return list(task);
    case "match":
      return match(task);
  }
}

/** Through a CSV file and the node's own import, as a borough would. */
async function fill({ database, network, borough }: FillTask): Promise<void> {
  const file = `${database}.csv`;
  const lines = peopleLines(network, borough);
  await pipeline(
    function* () {
      for (const line of lines) yield `${line}\n`;
    },
    createWriteStream(file, { mode: 0o600 }),
  );
  const db = openNodeDatabase(database);
  const mapping = parseMappingText(
    JSON.stringify({
      dateFormat: "ymd",
      // Made-up numbers, which no rule of this country would pass.
      mapping: Object.fromEntries(
        cascadeFields(network.keys).map((field) => [field, { column: field, kind: "other" }]),
      ),
    }),
  );
  const rejectsFile = `${database}.rejects.csv`;
  await importFile({ db, file, dataset: DATASET, mapping, rejectsFile, clock: systemClock });
  db.close();
  rmSync(file);
}

function collect({ database, keys }: CollectTask): void {
  const db = openNodeDatabase(database);
  const fields = cascadeFields(keys);
  const rows = readPopulation(db, { dataset: DATASET, fields, where: [], label: null });
  workspace = openWorkspace(`${database}.scratch`, systemRandom);
  columns = collectKeyColumns(rows, { fields, cascade: peopleCascade(keys), collapse: "none", workspace });
  db.close();
}

function list({ salt, listFile }: ListTask): Omit<Listed, keyof Use> {
  assert(columns !== null, "an owner collects before its first list");
  const lanes = createTagLanes(salt);
  const built = buildList({ columns, lanes, labelCodes: null, random: systemRandom, workspace });
  const { frames, bytes } = writeFrames(listFile, built.frames);
  lanes.erase();
  return { sealedBytes: bytes + frames * FRAME_OVERHEAD_BYTES };
}

function match({ keys, leftFile, rightFile }: MatchTask): Omit<Matched, keyof Use> {
  const startedAt = performance.now();
  const maximumBytes = Math.max(statSync(leftFile).size, statSync(rightFile).size);
  const pair = new PairTags({
    keys,
    rowsAtMost: maximumBytes / (keys * TAG_BYTES),
    workspace: openWorkspace(`${leftFile}.scratch`, systemRandom),
    random: systemRandom,
  });
  const read = (file: string, add: AddTags) => {
    const reader = new ListReader({ keys, payloadBytes: 0, maximumRows: MAX_LIST_ROWS, maximumBytes }, add);
    for (const frame of readFrames(file)) reader.push(frame);
    return reader.end().rows;
  };
  const rows = { left: read(leftFile, pair.of("left")), right: read(rightFile, pair.of("right")) };
  const decodeSeconds = (performance.now() - startedAt) / 1000;
  const matches = pair.match(rows);
  pair.close();
  const perKey = new Array<number>(keys).fill(0);
  for (const key of matches.key) perKey[key]!++;
  return { decodeSeconds, perKey };
}

process.on("message", (task: Task) => {
  const startedAt = performance.now();
  const startCpu = process.cpuUsage();
  void perform(task).then((result) => {
    const { user, system } = process.cpuUsage(startCpu);
    const use: Use = {
      seconds: (performance.now() - startedAt) / 1000,
      cpuSeconds: (user + system) / 1e6,
      startBytes,
      peakBytes: peakBytes(process.pid),
    };
    process.send?.({ ...result, ...use });
  });
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
