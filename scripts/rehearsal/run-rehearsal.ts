import { join } from "node:path";
import { IN_MEMORY } from "../../shared/base/scratch.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { collectKeyColumns, type KeyColumns } from "../../shared/matching/population.ts";
import { cascadeFields, transformTables, type MatchCharter } from "../../shared/protocol/charter.ts";
import { completeRehearsal, definitionDigest, type Rehearsal } from "../../shared/protocol/rehearsal.ts";
import { openNodeDatabase } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { readPopulation } from "../../node/data/population.ts";
import { valuesOf } from "../plain-join.ts";
import type { ObservedMatch } from "../simulation/observer.ts";
import { scoreMatches } from "../simulation/quality.ts";
import { readBoroughs, type ScenarioParty } from "../simulation/scenario-boroughs.ts";
import { COVERAGE } from "../simulation/scenario.ts";

/**
 * A charter's cascade on made-up Londoners, in the open: the nodes' own import and match keys, then a plain join of every
 * pair of boroughs, which finds what any protocol would find. It reads no row of a borough. The same charter and options
 * give the same figures.
 */
export interface RehearsalOptions extends Readonly<Rehearsal["generator"]> {
  readonly seed: number;
}

/** Made-up people have no history before this: an import dates two-digit years by it. */
const IMPORT_CLOCK = { nowMs: () => Date.UTC(2026, 11, 1) };
const DATASET = "rehearsal";

export async function runRehearsal(
  charter: MatchCharter,
  { seed, ...generator }: RehearsalOptions,
  scratch: string,
  note: (text: string) => void,
): Promise<Rehearsal> {
  note("making residents");
  const { boroughs: generate, residents, overlap, dirt } = generator;
  const parties = await readBoroughs(
    { boroughs: { what: "people", coverage: COVERAGE, generate, residents, overlap, dirt }, seed, folder: scratch },
    scratch,
  );
  const sides: KeyColumns[] = [];
  for (const party of parties) {
    note(`reading ${party.name}`);
    sides.push(await readSide(charter, party, scratch));
  }
  note("matching");
  const keys = charter.operation.cascade;
  const pairs = sides.flatMap((_, left) =>
    sides.slice(left + 1).map((__, offset) => [left, left + 1 + offset] as const),
  );
  const scored = scoreMatches(
    joinAll(sides, pairs),
    parties.map(({ name, truth, traits, errors }) =>
      truth === null ? null : { name, persons: truth, traits, errors },
    ),
    pairs,
    keys.map(({ key }) => key),
  );
  for (const { digests } of sides) digests.close();
  const available = new Set(parties.flatMap(({ fields }) => fields));
  return completeRehearsal({
    charter: { id: charter.id, version: charter.version },
    definition: bytesToHex(definitionDigest(charter)),
    seed,
    generator,
    notRehearsed: {
      keys: keys.filter(({ of }) => of.some(({ field }) => !available.has(field))).map(({ key }) => key),
      filters: Object.keys(charter.dataset.attributes).sort(),
    },
    overall: scored.overall,
    groups: scored.groups,
  });
}

/** As a node of that borough would read its file. */
async function readSide(
  charter: MatchCharter,
  { csv, mapping, name }: ScenarioParty,
  scratch: string,
): Promise<KeyColumns> {
  const db = openNodeDatabase(":memory:");
  try {
    const rejectsFile = join(scratch, `${name}.rejects.csv`);
    const read = parseMappingText(mapping);
    await importFile({ db, file: csv!, dataset: DATASET, mapping: read, rejectsFile, clock: IMPORT_CLOCK });
    const fields = cascadeFields(charter);
    return collectKeyColumns(readPopulation(db, { dataset: DATASET, fields, where: [], label: null }), {
      fields,
      cascade: charter.operation.cascade,
      collapse: charter.dataset.collapse,
      tables: transformTables(charter),
      workspace: IN_MEMORY,
    });
  } finally {
    db.close();
  }
}

/** Key by key, best first; in each pair of boroughs both rows of a match leave. */
function joinAll(sides: readonly KeyColumns[], pairs: readonly (readonly [number, number])[]): ObservedMatch[] {
  const matches: ObservedMatch[] = [];
  const taken = pairs.map(() => ({ left: new Set<number>(), right: new Set<number>() }));
  for (let key = 0; key < sides[0]!.keys; key++) {
    // One column of all boroughs at a time: all columns of a large rehearsal would not fit memory.
    const units = sides.map((side) => valuesOf(side, key));
    const unitOf = units.map((values) => new Map([...values].map(([unit, value]) => [value, unit])));
    for (const [index, [left, right]] of pairs.entries()) {
      const out = taken[index]!;
      for (const [unit, value] of units[left]!) {
        const partner = unitOf[right]!.get(value);
        if (partner === undefined || out.left.has(unit) || out.right.has(partner)) continue;
        out.left.add(unit);
        out.right.add(partner);
        matches.push({
          left,
          right,
          leftRow: sides[left]!.rows[unit]!,
          rightRow: sides[right]!.rows[partner]!,
          key,
        });
      }
    }
  }
  return matches;
}
