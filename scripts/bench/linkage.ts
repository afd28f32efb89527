import type { RandomSource } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import { expandCascade } from "../../shared/matching/library.ts";
import { buildList, decodeList, type TagList } from "../../shared/matching/list.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";
import { collectKeyColumns } from "../../shared/matching/population.ts";
import type { Report } from "./harness.ts";
import {
  isLinkageFolder,
  LINKAGE_DATASETS,
  readLinkageFile,
  type LinkageDataset,
  type LinkageFile,
} from "./linkage-data.ts";
import { formatTable } from "../text-table.ts";

/**
 * How well the default cascade for people finds who is who, on files with a known answer: the steps of a round from
 * standardised rows to matched rows, without the network between them, over every pair of a data set's files.
 *
 * febrl4 is not a blind test. Keys drawn up before its answers were looked at had a recall of 0.707 there (0.957 with
 * soc_sec_id); the keys on first letters, without a name and without a birthday were then chosen from candidates by how
 * many of its pairs each added. Its figures say what the cascade can do on such files, not what it will do on others. None of the files holds families, so precision here says little
 * about twins, or fathers and sons of one name.
 */
export interface LinkageQuality {
  readonly dataset: string;
  readonly keys: readonly KeyQuality[];
  /** Pairs of rows that belong together, over all pairs of files. */
  readonly truePairs: number;
  readonly found: number;
  readonly correct: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface KeyQuality {
  readonly key: string;
  readonly found: number;
  readonly correct: number;
}

export function measureLinkage(folder: string, dataset: LinkageDataset, random: RandomSource): LinkageQuality {
  const fields = dataset.fields.map(({ field }) => field);
  const cascade = expandCascade("people", fields) as CascadeKey[];
  const files = dataset.files.map((file) => readLinkageFile(folder, dataset, file));
  const keys = cascade.map(({ key }) => ({ key, found: 0, correct: 0 }));
  let truePairs = 0;
  for (const [index, left] of files.entries()) {
    for (const right of files.slice(index + 1)) {
      truePairs += countTruePairs(left, right);
      const salt = random.bytes(32);
      const a = listOf(left, fields, cascade, salt, random);
      const b = listOf(right, fields, cascade, salt, random);
      const matches = runCascade(a.list, b.list, random);
      for (const [match, row] of matches.left.entries()) {
        const key = keys[matches.key[match]!]!;
        key.found++;
        if (a.entityOf(row) === b.entityOf(matches.right[match]!)) key.correct++;
      }
    }
  }
  const found = keys.reduce((sum, key) => sum + key.found, 0);
  const correct = keys.reduce((sum, key) => sum + key.correct, 0);
  const precision = found === 0 ? 0 : correct / found;
  const recall = truePairs === 0 ? 0 : correct / truePairs;
  const f1 = correct === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { dataset: dataset.name, keys, truePairs, found, correct, precision, recall, f1 };
}

function countTruePairs(left: LinkageFile, right: LinkageFile): number {
  const counts = new Map<string, number>();
  for (const entity of left.entities) counts.set(entity, (counts.get(entity) ?? 0) + 1);
  return right.entities.reduce((sum, entity) => sum + (counts.get(entity) ?? 0), 0);
}

/** The list as a matcher has it, and who stands in each of its rows. */
function listOf(
  file: LinkageFile,
  fields: readonly string[],
  cascade: readonly CascadeKey[],
  salt: Uint8Array,
  random: RandomSource,
): { list: TagList; entityOf: (row: number) => string } {
  const rows = file.rows.map((values, row) => ({ row, values, reference: null, label: 0, noMatch: false }));
  const columns = collectKeyColumns(rows, { fields, cascade, collapse: "none" });
  const { frames, order } = buildList({ columns, lanes: createTagLanes(salt), labelCodes: null, random });
  const list = decodeList([...frames], { keys: columns.keys, payloadBytes: 0, maximumRows: 1_000_000 });
  return { list, entityOf: (row) => file.entities[columns.rows[order[row]!]!]! };
}

/** @throws ProtocolError "not-found" where the folder has not the files */
export function benchLinkage({ folder, random }: { folder: string; random: RandomSource }): Report {
  if (!isLinkageFolder(folder)) {
    throw new ProtocolError("not-found", "bench: linkage: the files with a known answer are not there", {
      hint: "name their folder with --data",
    });
  }
  const results = LINKAGE_DATASETS.map((dataset) => measureLinkage(folder, dataset, random));
  const figure = (share: number) => share.toFixed(4);
  const summary = formatTable(
    ["default cascade for people", "true pairs", "found", "precision", "recall", "F1"],
    results.map(({ dataset, truePairs, found, precision, recall, f1 }) => [
      dataset,
      String(truePairs),
      String(found),
      figure(precision),
      figure(recall),
      figure(f1),
    ]),
  );
  const perKey = results.map(({ dataset, keys }) =>
    formatTable(
      [dataset, "found", "wrong"],
      keys.map(({ key, found, correct }) => [key, String(found), String(found - correct)]),
    ),
  );
  return { facts: { suite: "linkage", results }, text: [summary, ...perKey].join("\n\n") };
}
