import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectKeyColumns, type PopulationRow } from "../../../../shared/matching/population.ts";
import { plainUnits } from "../../../helpers/plaintext-join.ts";
import { anyRows, columnsOf, digestsOf, people } from "./support.ts";

function row(number: number, values: (string | null)[], more: Partial<PopulationRow> = {}): PopulationRow {
  return { row: number, values, reference: null, label: 0, noMatch: false, ...more };
}

const byName = { fields: ["surname"], cascade: [{ key: "name", of: [{ field: "surname", as: ["fold"] }] }] };

describe("collectKeyColumns", () => {
  it("keeps the units, labels and usable keys that the oracle keeps", () => {
    fc.assert(
      fc.property(anyRows, fc.constantFrom("none" as const, "reference" as const), (rows, collapse) => {
        const columns = collectKeyColumns(rows, { ...people, collapse });
        const units = Array.from({ length: columns.units }, (_, unit) => ({
          row: columns.rows[unit],
          label: columns.labels[unit],
          usable: Array.from(columns.usable.subarray(unit * columns.keys, (unit + 1) * columns.keys)),
        }));
        const plain = plainUnits(rows, { ...people, collapse });
        const expected = plain.map(({ row, label, keys }) => ({
          row,
          label,
          usable: keys.map((text) => (text === null ? 0 : 1)),
        }));
        const byRow = (a: { row: number | undefined }, b: { row: number | undefined }) => (a.row ?? 0) - (b.row ?? 0);
        expect(units.sort(byRow)).toEqual(expected.sort(byRow));
        expect(columns.funnel.rows).toBe(rows.length);
        expect(columns.funnel.units - columns.funnel.withheld).toBe(plain.length);
        expect(columns.funnel.usable).toBe(plain.filter(({ keys }) => keys.some((text) => text !== null)).length);
      }),
      { numRuns: 200 },
    );
  });

  it("makes one unit of the rows of a reference: first values, least label, at risk if any row is", () => {
    const fields = ["forename", "surname"];
    const cascade = [{ key: "names", of: fields.map((field) => ({ field, as: ["fold"] })) }];
    const rows = [
      row(1, [null, "SHAH"], { reference: "A", label: 2 }),
      row(2, ["BO", "LEE"]),
      row(3, ["ANN", "OTHER"], { reference: "A", label: 1 }),
      row(4, ["CY", "COLE"], { reference: "B" }),
      row(5, ["CY", "COLE"], { reference: "B", noMatch: true }),
    ];
    const columns = collectKeyColumns(rows, { fields, cascade, collapse: "reference" });
    const alone = collectKeyColumns([row(1, ["ANN", "SHAH"])], { fields, cascade, collapse: "none" });
    const units = Array.from(columns.rows, (number, unit) => [number, columns.labels[unit]]);
    expect(units.sort()).toEqual([
      [1, 1],
      [2, 0],
    ]);
    const merged = columns.rows.indexOf(1) * 32;
    expect(digestsOf(columns).subarray(merged, merged + 32)).toEqual(digestsOf(alone));
    expect(columns.funnel).toMatchObject({ rows: 5, units: 3, withheld: 1, usable: 2 });
  });

  it("leaves rows without a reference units of their own", () => {
    const columns = collectKeyColumns([row(1, ["A"]), row(2, ["B"])], { ...byName, collapse: "reference" });
    expect(columns.units).toBe(2);
  });

  it("counts each key's coverage over the whole population, people at risk included", () => {
    const rows = [
      row(1, ["A"], { noMatch: true }),
      row(2, ["A"]),
      row(3, ["B"]),
      row(4, ["C"]),
      row(5, ["C"]),
      row(6, [null]),
    ];
    const { funnel, units, usable } = collectKeyColumns(rows, { ...byName, collapse: "none" });
    expect(funnel).toEqual({
      rows: 6,
      units: 6,
      withheld: 2,
      keyless: 1,
      usable: 1,
      perKey: [{ key: "name", present: 5, distinct: 3, unique: 1 }],
    });
    expect(units).toBe(4);
    expect([...usable]).toEqual([1, 0, 0, 0]);
  });

  it("grows beyond its first arrays without losing a unit", () => {
    const texts = Array.from({ length: 9000 }, (_, n) => `NAME${n}`);
    const columns = columnsOf(
      texts,
      texts.map((_, n) => n % 7),
    );
    expect(columns.funnel.usable).toBe(9000);
    expect(Array.from(columns.labels)).toEqual(texts.map((_, n) => n % 7));
    expect(digestsOf(columns).subarray(8999 * 32)).toEqual(digestsOf(columnsOf(["NAME8999"])));
  });

  it("takes an empty population", () => {
    expect(columnsOf([])).toMatchObject({ units: 0, funnel: { rows: 0, units: 0, withheld: 0, usable: 0 } });
  });
});
