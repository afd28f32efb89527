import fc from "fast-check";
import { concatBytes } from "../../../../shared/base/bytes.ts";
import type { RandomSource } from "../../../../shared/base/clock.ts";
import { createTagLanes } from "../../../../shared/crypto/tag-lanes.ts";
import { buildList, decodeList, type LabelCodes, type TagList } from "../../../../shared/matching/list.ts";
import type { CascadeKey } from "../../../../shared/matching/match-key.ts";
import { collectKeyColumns, type KeyColumns, type PopulationRow } from "../../../../shared/matching/population.ts";

export const LABELS = 3;

export const people: { fields: readonly string[]; cascade: readonly CascadeKey[] } = {
  fields: ["nino", "forename", "surname", "date_of_birth", "postcode"],
  cascade: [
    {
      key: "nino-year",
      of: [
        { field: "nino", as: ["identifier"] },
        { field: "date_of_birth", as: ["year"] },
      ],
    },
    {
      key: "names-dob",
      of: [
        { field: "forename", as: ["fold"] },
        { field: "surname", as: ["fold"] },
        { field: "date_of_birth", as: ["day", "month", "year"] },
      ],
    },
    {
      key: "initial-surname-sector",
      of: [
        { field: "forename", as: ["fold", "first:1"] },
        { field: "surname", as: ["fold"] },
        { field: "postcode", as: ["sector"] },
      ],
    },
  ],
};

/** Few enough values that rows of one side and of two agree often, in one key, in several, or in a part of one. */
const VALUES: readonly (readonly (string | null)[])[] = [
  [...Array.from({ length: 20 }, (_, n) => `CE${100_000 + n}A`), null, null, null],
  ["ANN", "ANNE", "MARY ANN", "BO", "CY", "DEE", null],
  ["O BRIEN", "OBRIEN", "SMITH", "SHAH", "LEE", "COLE"],
  ["1987-11-03", "1987-03-11", "1950-01-01", null],
  ["SW1A 1AA", "SW1A 1AB", "E6 2RT", "N1 9GU", "W1 3AA", null],
];

/** Rows of one borough: duplicates, missing values, shared households and people at risk among them. */
export const anyRows: fc.Arbitrary<PopulationRow[]> = fc
  .array(
    fc.record({
      values: fc.tuple(...VALUES.map((values) => fc.constantFrom(...values))),
      reference: fc.constantFrom("R1", "R2", "R3", ...Array.from({ length: 12 }, () => null)),
      label: fc.nat(LABELS - 1),
      noMatch: fc.constantFrom(true, ...Array.from({ length: 60 }, () => false)),
    }),
    { maxLength: 30, size: "max" },
  )
  .map((rows) => rows.map((row, index) => ({ ...row, row: index + 1 })));

/** Units of one key `key`, one a text, each with a label; null is a missing value. */
export function columnsOf(texts: readonly (string | null)[], labels: readonly number[] = []): KeyColumns {
  const rows = texts.map((text, index) => ({
    row: index + 1,
    values: [text],
    reference: null,
    label: labels[index] ?? 0,
    noMatch: false,
  }));
  const cascade = [{ key: "key", of: [{ field: "surname", as: ["fold"] }] }];
  return collectKeyColumns(rows, { fields: ["surname"], cascade, collapse: "none" });
}

/** The digests of the first key, unit after unit. */
export function digestsOf({ digests }: KeyColumns): Uint8Array {
  return concatBytes(...Array.from(digests.blocks(), (block) => block.digestsOf(0).slice()));
}

/** An owner's list as the matcher has it, and which unit stands in each row. */
export function sentList(
  columns: KeyColumns,
  options: { salt: Uint8Array; labelCodes: LabelCodes | null; random: RandomSource },
): { list: TagList; order: Uint32Array; frames: Uint8Array[] } {
  const { salt, ...rest } = options;
  const built = buildList({ columns, lanes: createTagLanes(salt), ...rest });
  const frames = [...built.frames];
  const payloadBytes = options.labelCodes === null ? 0 : 2;
  const list = decodeList(frames, { keys: columns.keys, payloadBytes, maximumRows: 1_000_000 });
  return { list, order: built.order, frames };
}
