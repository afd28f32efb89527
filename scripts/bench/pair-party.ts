import { createWriteStream, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { openNodeDatabase } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { readPopulation } from "../../node/data/population.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { systemClock } from "../../shared/host/clock.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import { buildList, decodeList } from "../../shared/matching/list.ts";
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
  const columns = collectKeyColumns(rows, { fields, cascade: peopleCascade(keys), collapse: "none" });
  db.close();
  const collectedAt = performance.now();
  const list = buildList({ columns, lanes: createTagLanes(salt), labelCodes: null, random: systemRandom });
  writeFrames(listFile, list.frames);
  return {
    columnsSeconds: (collectedAt - startedAt) / 1000,
    listSeconds: (performance.now() - collectedAt) / 1000,
    ...use(),
  };
}

/** From two lists to matched rows. */
function match({ keys, leftFile, rightFile }: MatchTask): Matched {
  const startedAt = performance.now();
  const expected = { keys, payloadBytes: 0, maximumRows: MAX_LIST_ROWS };
  const left = decodeList(readFrames(leftFile), expected);
  const right = decodeList(readFrames(rightFile), expected);
  const decodedAt = performance.now();
  const matches = runCascade(left, right, systemRandom);
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
