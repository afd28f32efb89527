import { createWriteStream, rmSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { openNodeDatabase } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { readPopulation } from "../../node/data/population.ts";
import { openWorkspace } from "../../node/matching/scratch-files.ts";
import { TAG_BYTES } from "../../shared/crypto/tags.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { systemClock } from "../../shared/host/clock.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { buildList } from "../../shared/matching/list.ts";
import { ListReader } from "../../shared/matching/list-reader.ts";
import { PairTags, type AddTags } from "../../shared/matching/pair-tags.ts";
import { collectKeyColumns } from "../../shared/matching/population.ts";
import { peakBytes } from "../network/processes.ts";
import { readFrames, writeFrames } from "./frames-file.ts";
import { cascadeFields, peopleCascade, peopleLines } from "./pair-people.ts";
import type { FillTask, MatchTask, Matched, Owned, OwnTask, Task, Use } from "./pair-process.ts";

/**
 * One party of the `pair` suite: gets one task from the process that started it, answers once, ends. An owner and the
 * matcher do what their nodes do in a round, but for the sealing and the wire: the lists are files.
 */
const DATASET = "people";
const startBytes = peakBytes(process.pid);
const startCpu = process.cpuUsage();

function answer(task: Task): Promise<void> | Owned | Matched {
  switch (task.role) {
    case "fill":
      return fill(task);
    case "owner":
      return own(task);
    case "matcher":
      return match(task);
  }
}

/** Through a CSV file and the node's own import, as a borough would. */
async function fill({ database, side, rows, keys }: FillTask): Promise<void> {
  const file = `${database}.csv`;
  const lines = peopleLines(side, rows, keys);
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
      mapping: Object.fromEntries(cascadeFields(keys).map((field) => [field, field])),
    }),
  );
  const rejectsFile = `${database}.rejects.csv`;
  await importFile({ db, file, dataset: DATASET, mapping, rejectsFile, clock: systemClock });
  db.close();
  rmSync(file);
}

/** From stored rows to a list. */
function own({ database, keys, salt, listFile }: OwnTask): Owned {
  const startedAt = performance.now();
  const db = openNodeDatabase(database);
  const fields = cascadeFields(keys);
  const rows = readPopulation(db, { dataset: DATASET, fields, where: [], label: null });
  const workspace = openWorkspace(`${database}.scratch`, systemRandom);
  const columns = collectKeyColumns(rows, { fields, cascade: peopleCascade(keys), collapse: "none", workspace });
  db.close();
  const collectedAt = performance.now();
  const lanes = createTagLanes(salt);
  const list = buildList({ columns, lanes, labelCodes: null, random: systemRandom, workspace });
  writeFrames(listFile, list.frames);
  columns.digests.close();
  return {
    columnsSeconds: (collectedAt - startedAt) / 1000,
    listSeconds: (performance.now() - collectedAt) / 1000,
    ...use(),
  };
}

/** From two lists to matched rows. */
function match({ keys, leftFile, rightFile }: MatchTask): Matched {
  const startedAt = performance.now();
  const workspace = openWorkspace(`${leftFile}.scratch`, systemRandom);
  const maximumBytes = Math.max(statSync(leftFile).size, statSync(rightFile).size);
  const rowsAtMost = maximumBytes / (keys * TAG_BYTES);
  const pair = new PairTags({ keys, rowsAtMost, workspace, random: systemRandom });
  const read = (file: string, add: AddTags) => {
    const reader = new ListReader({ keys, payloadBytes: 0, maximumRows: MAX_LIST_ROWS, maximumBytes }, add);
    for (const frame of readFrames(file)) reader.push(frame);
    return reader.end().rows;
  };
  const rows = { left: read(leftFile, pair.of("left")), right: read(rightFile, pair.of("right")) };
  const decodedAt = performance.now();
  const matches = pair.match(rows);
  pair.close();
  const cascadeSeconds = (performance.now() - decodedAt) / 1000;
  const perKey = new Array<number>(keys).fill(0);
  for (const key of matches.key) perKey[key]!++;
  return { decodeSeconds: (decodedAt - startedAt) / 1000, cascadeSeconds, perKey, ...use() };
}

function use(): Use {
  const { user, system } = process.cpuUsage(startCpu);
  return { cpuSeconds: (user + system) / 1e6, startBytes, peakBytes: peakBytes(process.pid) };
}

process.once("message", (task: Task) => {
  void Promise.resolve(answer(task)).then((result) => process.send?.(result ?? null));
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
