import { describe, expect, it } from "vitest";
import { shareOut } from "../../../../scripts/generator/hmo-borough.ts";
import { hmoAttributes, hmoExtraFeatures, hmoFeatures, hmoLabel } from "../../../../scripts/generator/hmo-learning.ts";
import { generateHmo, type HmoOptions, type HmoRow } from "../../../../scripts/generator/hmo.ts";

const OPTIONS: HmoOptions = { boroughs: 33, properties: 33_000, seed: 7 };
const london = generateHmo(OPTIONS);
/** The first borough, by itself. */
const FIRST = { ...OPTIONS, boroughs: 1, properties: london[0]!.properties };
const rows = london.map((borough) => [...borough.rows()]);
const all = rows.flat();
const share = (of: readonly HmoRow[], is: (row: HmoRow) => boolean) => of.filter(is).length / of.length;

describe("synthetic properties", () => {
  it("are the same for the same seed, at every call and in any company, and others for another", () => {
    const [again] = generateHmo(FIRST);
    expect([...again!.rows()]).toEqual(rows[0]);
    expect([...again!.rows()]).toEqual(rows[0]);
    expect([...generateHmo({ ...FIRST, seed: 8 })[0]!.rows()]).not.toEqual(rows[0]);
  });

  it("are as many as asked, unequally many by borough, and half as many more for testing", () => {
    expect(all.length).toBe(OPTIONS.properties);
    expect(rows.map(({ length }) => length)).toEqual(london.map(({ properties }) => properties));
    expect(Math.max(...rows.map(({ length }) => length))).toBeGreaterThan(
      2 * Math.min(...rows.map(({ length }) => length)),
    );
    for (const borough of london) {
      const { tests, properties } = borough;
      expect([...borough.testRows()].length).toBe(tests);
      expect(tests).toBe(Math.round(properties / 2));
    }
  });

  it("have references and UPRNs of their own, over all boroughs and the rows for testing", () => {
    const every = [...all, ...london.flatMap((borough) => [...borough.testRows()])];
    expect(new Set(every.map(({ reference }) => reference)).size).toBe(every.length);
    expect(new Set(every.map(({ uprn }) => uprn)).size).toBe(every.length);
    expect(every.filter(({ uprn }) => !/^995\d{9}$/.test(uprn))).toEqual([]);
    expect(every.filter(({ postcode }) => !/ \d[CIKMOV]{2}$/.test(postcode))).toEqual([]);
  });

  it("have a prevalence of 0.5 to 3 % in every borough, which differs between them", () => {
    const expected = london.map(({ character }) => character.prevalence);
    expect(Math.max(...expected) / Math.min(...expected)).toBeGreaterThan(2);
    let squares = 0;
    for (const [index, borough] of london.entries()) {
      const { prevalence } = borough.character;
      expect(prevalence).toBeGreaterThan(0.005);
      expect(prevalence).toBeLessThan(0.03);
      const drawn = [...rows[index]!, ...borough.testRows()];
      squares += ((share(drawn, ({ isHmo }) => isHmo) - prevalence) / Math.sqrt(prevalence / drawn.length)) ** 2;
    }
    // Were the level off by half, a borough's share would lie two of its standard errors away.
    expect(Math.sqrt(squares / london.length)).toBeLessThan(1.7);
  });

  it("have the common core in every borough, and more only in some", () => {
    for (const feature of hmoFeatures) {
      for (const borough of rows) {
        expect(share(borough, ({ cells }) => cells[feature] === "")).toBeLessThan(0.5);
        expect(new Set(borough.map(({ cells }) => cells[feature])).size).toBeGreaterThan(
          feature === "licensing_area" ? 0 : 1,
        );
      }
    }
    for (const feature of hmoExtraFeatures) {
      const having = london.filter(({ character }) => character.extras.includes(feature)).length;
      expect(having).toBeGreaterThan(3);
      expect(having).toBeLessThan(30);
    }
  });

  it("are HMOs more often where they are let and full of names, hardly ever where all are students", () => {
    const prevalence = share(all, ({ isHmo }) => isHmo);
    const among = (is: (row: HmoRow) => boolean) => share(all.filter(is), ({ isHmo }) => isHmo) / prevalence;
    expect(among(({ cells }) => cells.tenure === "private")).toBeGreaterThan(2);
    expect(among(({ cells }) => cells.tenure === "social")).toBeLessThan(0.7);
    expect(among(({ cells }) => Number(cells.surnames) >= 3)).toBeGreaterThan(3);
    const students = ({ cells }: HmoRow) => cells.class_n === "1" && Number(cells.surnames) >= 2;
    const others = ({ cells }: HmoRow) =>
      cells.class_n === "0" && cells.tenure === "private" && Number(cells.surnames) >= 2;
    expect(among(students)).toBeLessThan(among(others) / 2);
  });
});

describe("the cells", () => {
  it("have gaps: energy data for two thirds, bands nobody knows, numbers that are none", () => {
    expect(share(all, ({ cells }) => cells.epc === "")).toBeCloseTo(1 / 3, 1);
    expect(share(all, ({ cells }) => cells.council_tax_band === "?")).toBeGreaterThan(0.002);
    expect(all.some(({ cells }) => cells.bedrooms.endsWith(" bed"))).toBe(true);
    expect(all.some(({ cells }) => cells.floor_area === "not known")).toBe(true);
  });

  it("are read by the declarations, but for at most one in fifty of those that are there", () => {
    for (const name of [...hmoFeatures, ...hmoExtraFeatures, hmoLabel] as const) {
      const attribute = hmoAttributes[name];
      const there = all.filter(({ cells }) => cells[name] !== "");
      const readable = share(there, ({ cells }) => {
        const text = cells[name].trim();
        if (attribute.type === "flag") return text === "0" || text === "1";
        if (attribute.type === "category") return attribute.codes.includes(text);
        return Number(text) >= attribute.least && Number(text) <= attribute.most;
      });
      expect(readable, name).toBeGreaterThan(0.98);
      if (attribute.type === "category") {
        for (const code of attribute.codes) {
          expect(
            there.some(({ cells }) => cells[name] === code),
            `${name} ${code}`,
          ).toBe(true);
        }
      }
    }
  });
});

describe("the label", () => {
  const inspected = ({ cells }: HmoRow) => cells.found !== "";
  const complained = ({ cells }: HmoRow) => Number(cells.noise_complaints) + Number(cells.waste_complaints) > 0;

  it("is known where somebody looked, which is more often after complaints", () => {
    expect(share(all, inspected)).toBeGreaterThan(0.12);
    expect(share(all, inspected)).toBeLessThan(0.19);
    const after = share(all.filter(complained), inspected);
    expect(after).toBeGreaterThan(1.5 * share(all, inspected));
  });

  it("is never 1 of a property that is none, and now and then 0 of one that is", () => {
    const looked = all.filter(inspected);
    expect(looked.filter(({ cells, isHmo }) => cells.found === "1" && !isHmo)).toEqual([]);
    const missed = share(
      looked.filter(({ isHmo }) => isHmo),
      ({ cells }) => cells.found === "0",
    );
    expect(missed).toBeGreaterThan(0);
    expect(missed).toBeLessThan(0.2);
  });

  it("overstates the prevalence, as officers do not look evenly", () => {
    const found = share(all.filter(inspected), ({ cells }) => cells.found === "1");
    expect(found).toBeGreaterThan(1.5 * share(all, ({ isHmo }) => isHmo));
  });

  it("is the truth, everywhere, in the rows for testing", () => {
    for (const borough of london) {
      const wrong = [...borough.testRows()].filter(({ cells, isHmo }) => cells.found !== (isHmo ? "1" : "0"));
      expect(wrong).toEqual([]);
    }
  });

  it("can say 0 where nobody looked, and nothing else changes", () => {
    const negative = [...generateHmo({ ...FIRST, uninspected: "negative" })[0]!.rows()];
    expect(negative.map(({ cells }) => cells.found)).toEqual(rows[0]!.map(({ cells }) => cells.found || "0"));
    expect(negative.map(({ cells }) => cells.electors)).toEqual(rows[0]!.map(({ cells }) => cells.electors));
  });
});

describe("the options", () => {
  it.each([
    [{ boroughs: 34 }, "boroughs"],
    [{ boroughs: 0 }, "boroughs"],
    [{ properties: 100 }, "properties"],
    [{ properties: 2e7 }, "properties"],
    [{ seed: -1 }, "seed"],
    [{ test: 0 }, "test"],
    [{ inspected: Number.NaN }, "inspected"],
  ])("refuses %o, naming the option", (change, name) => {
    expect(() => generateHmo({ ...OPTIONS, ...change })).toThrow(name);
  });

  it("share properties out by weight, to the last one, with room for the smallest", () => {
    expect(shareOut(100, [1, 1, 2])).toEqual([25, 25, 50]);
    expect(shareOut(10_000, [1, 50, 49])).toEqual([1000, 4545, 4455]);
    expect(shareOut(300, [1, 50, 49])[0]).toBe(50);
    for (const total of [330, 1001, 60_000, 999_999]) {
      const sizes = shareOut(total, [86, 3908, 1681, 2101]);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
    }
  });
});
