import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMappingText } from "../../../node/data/import/mapping.ts";
import { fold } from "../../../shared/matching/standardise/fold.ts";
import { standardiseField } from "../../../shared/matching/standardise.ts";
import { dishevelName, disturb } from "../../../scripts/generator/mishaps.ts";
import { createDice } from "../../../scripts/generator/residents.ts";
import { LONDON_BOROUGHS } from "../../../scripts/generator/london-boroughs.ts";
import { MISSING_TEXTS, generateLondon, type Resident } from "../../../scripts/generator/generate-london.ts";
import { fileHabits, residentLines, writeLondon } from "../../../scripts/generator/residents-file.ts";

const OPTIONS = { boroughs: 5, residents: 400, seed: 7, overlap: 0.1, dirt: 0.3 };
function readCsv(text: string, delimiter: string): string[][] {
  return parse(text, { bom: true, delimiter, relax_column_count: true });
}

const missing = new Set<string>(MISSING_TEXTS);

describe("synthetic London", () => {
  const london = generateLondon(OPTIONS);
  const rows = london.boroughs.flatMap((borough) => borough.rows);

  it("is the same for the same seed, and another for another", () => {
    expect(generateLondon(OPTIONS)).toEqual(london);
    expect(generateLondon({ ...OPTIONS, seed: 8 }).boroughs[0]?.rows).not.toEqual(london.boroughs[0]?.rows);
    const large = generateLondon({ ...OPTIONS, seed: 7 + 2 ** 40 });
    expect(large.boroughs[0]?.rows).not.toEqual(london.boroughs[0]?.rows);
  });

  it("has only National Insurance numbers that are never issued", () => {
    const ninos = rows.map(({ nino }) => nino).filter((nino) => !missing.has(nino));
    expect(ninos.length).toBeGreaterThan(rows.length / 2);
    for (const nino of ninos) expect(fold(nino)).toMatch(/^QQ\d{6}[A-D]$/);
  });

  it("has only postcodes of the borough's or a former borough's districts that are never issued", () => {
    const districts = new Set(LONDON_BOROUGHS.flatMap((borough) => borough.districts));
    for (const { postcode } of rows) {
      if (missing.has(postcode)) continue;
      const [, outward = "", inward = ""] = /^(.*)(...)$/.exec(fold(postcode)) ?? [];
      expect(districts).toContain(outward);
      expect(inward).toMatch(/^\d[CIKMOV]{2}$/);
      expect(standardiseField("postcode", postcode, { missing: [] })).toHaveProperty("value");
    }
  });

  it("has only telephone numbers that are kept free for drama", () => {
    for (const { phone } of rows) expect(phone).toMatch(/^(0207946\d{4}|07700900\d{3})$/);
  });

  it("gives each row a reference of its own, which says nothing of who it is", () => {
    expect(new Set(rows.map(({ reference }) => reference)).size).toBe(rows.length);
    expect(london.truth.personOf.size).toBe(rows.length);
    const [first] = london.boroughs;
    const people = first?.rows.map(({ reference }) => london.truth.personOf.get(reference) ?? -1) ?? [];
    expect(people).not.toEqual([...people].sort((a, b) => a - b));
  });

  it("puts about as many people into a second list as asked, never twice into one", () => {
    const copies = rows.length - OPTIONS.boroughs * OPTIONS.residents;
    expect(copies).toBeGreaterThanOrEqual(OPTIONS.boroughs * OPTIONS.residents * OPTIONS.overlap);
    expect(copies).toBeLessThan(OPTIONS.boroughs * OPTIONS.residents * OPTIONS.overlap * 1.3);
    for (const borough of london.boroughs) {
      const people = borough.rows.map(({ reference }) => london.truth.personOf.get(reference));
      expect(new Set(people).size).toBe(people.length);
    }
  });

  it("counts the true pairs as a plain comparison of all lists does", () => {
    let pairs = 0;
    for (const [index, left] of london.boroughs.entries()) {
      const people = new Set(left.rows.map(({ reference }) => london.truth.personOf.get(reference)));
      for (const right of london.boroughs.slice(index + 1)) {
        pairs += right.rows.filter(({ reference }) => people.has(london.truth.personOf.get(reference))).length;
      }
    }
    expect(london.truth.pairs).toBe(pairs);
    expect(pairs).toBeGreaterThan(100);
  });

  it("has nobody in two lists without overlap", () => {
    expect(generateLondon({ ...OPTIONS, overlap: 0 }).truth.pairs).toBe(0);
  });

  it("writes every recorded value alike in every list without dirt", () => {
    const clean = generateLondon({ ...OPTIONS, dirt: 0 });
    const written = new Map<number, string>();
    let compared = 0;
    for (const { rows, habits } of clean.boroughs) {
      for (const { reference, forename, surname, date_of_birth } of rows) {
        const born = standardiseField("date", date_of_birth, { dateOrder: habits.order, missing: [] });
        const text = JSON.stringify([forename, surname, born]);
        const person = clean.truth.personOf.get(reference) ?? -1;
        if (written.has(person)) compared++;
        expect(written.get(person) ?? text).toBe(text);
        written.set(person, text);
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it("has families: rows that share address and surname", () => {
    const homes = new Map<string, number>();
    for (const { uprn, surname } of rows) {
      const home = `${uprn} ${fold(surname)}`;
      homes.set(home, (homes.get(home) ?? 0) + 1);
    }
    expect([...homes.values()].filter((size) => size > 1).length).toBeGreaterThan(100);
  });

  it("has names with marks, rows marked not to match, and dates in more than one order", () => {
    expect(rows.some(({ surname }) => /\p{L}\p{M}/u.test(surname.normalize("NFD")))).toBe(true);
    expect(rows.some(({ no_match }) => no_match === "Y")).toBe(true);
    expect(new Set(london.boroughs.map(({ habits }) => habits.order)).size).toBe(2);
  });

  it("knows all 33 boroughs, by number and by name", () => {
    const whole = generateLondon({ boroughs: 33, residents: 20, seed: 1, overlap: 0.1, dirt: 0.1 });
    expect(new Set(whole.boroughs.map(({ name }) => name)).size).toBe(33);
    expect(whole.boroughs.every(({ name }) => /^[a-z][a-z-]{1,62}$/.test(name))).toBe(true);
    const two = generateLondon({ ...OPTIONS, boroughs: ["tower-hamlets", "sutton"] });
    expect(two.boroughs.map(({ title }) => title)).toEqual(["Tower Hamlets", "Sutton"]);
  });

  it.each([
    [{ boroughs: 34 }, "boroughs"],
    [{ boroughs: ["atlantis"] }, "boroughs"],
    [{ boroughs: ["sutton", "sutton"] }, "boroughs"],
    [{ residents: 0 }, "residents"],
    [{ residents: 5_000_000 }, "residents"],
    [{ seed: -1 }, "seed"],
    [{ overlap: 1.1 }, "overlap"],
    [{ dirt: Number.NaN }, "dirt"],
  ])("refuses %o, naming the option", (change, name) => {
    expect(() => generateLondon({ ...OPTIONS, ...change })).toThrow(name);
  });
});

describe("errors", () => {
  it("that change what is recorded always change something", () => {
    const dice = createDice(3);
    const record = { forename: "Zoë", surname: "Ng", dateOfBirth: "1984-12-13", postcode: "E1 6CM", nino: "QQ000000A" };
    for (let i = 0; i < 1000; i++) {
      const changed = { ...record };
      disturb(changed, dice);
      expect(changed).not.toEqual(record);
      expect(changed.nino).toMatch(/^(QQ\d{6}[A-D])?$/);
    }
  });

  it("that change only how it is written are undone by standardising", () => {
    const dice = createDice(4);
    fc.assert(
      fc.property(fc.constantFrom("O'Brien-Smith", "Müller", "Çelik", "Nowak-Łuczak", "Ng"), (name) => {
        const options = { missing: [] };
        const untidy = standardiseField("name", dishevelName(name, 1, dice), options);
        expect(untidy).toEqual(standardiseField("name", name, options));
      }),
    );
  });
});

describe("the files", () => {
  const london = generateLondon({ ...OPTIONS, residents: 1100 });
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "portmoot-london-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("hold every row, besides some that lost their shape, and no word of the truth", () => {
    const files = writeLondon(folder, london);
    expect(readdirSync(folder).sort()).toEqual(london.boroughs.map(({ name }) => `${name}.csv`).sort());
    for (const [index, { csv, broken }] of files.entries()) {
      const habits = fileHabits(index);
      const records = readCsv(readFileSync(csv, "utf8"), habits.delimiter);
      const [header, ...body] = records;
      expect(header).toEqual(Object.values(habits.columns));
      const whole = body.filter((cells) => cells.length === header?.length);
      expect(whole).toEqual(london.boroughs[index]?.rows.map((row) => Object.values(row) as string[]));
      expect(body.length - whole.length).toBe(broken);
      expect(broken).toBeGreaterThan(0);
    }
  });

  it("come in the habits of different systems", () => {
    const texts = london.boroughs.map(({ name }) => readFileSync(join(folder, `${name}.csv`), "utf8"));
    const has = (test: (text: string) => boolean) => texts.some(test) && !texts.every(test);
    expect(has((text) => text.startsWith("\uFEFF"))).toBe(true);
    expect(has((text) => text.includes("\r\n"))).toBe(true);
    expect(has((text) => text.includes(";"))).toBe(true);
    expect(has((text) => text.includes("\t"))).toBe(true);
  });

  it("come with a mapping that the import reads and that names their columns", () => {
    for (const [index, { mapping }] of writeLondon(folder, london).entries()) {
      const parsed = parseMappingText(mapping);
      const columns = Object.values(fileHabits(index).columns);
      for (const { column } of [...parsed.fields, ...parsed.attributes]) expect(columns).toContain(column);
      expect(parsed.dateFormat).toBe(london.boroughs[index]?.habits.order);
    }
  });

  it("quote what would break a line", () => {
    const [first] = london.boroughs.flatMap(({ rows }) => rows);
    const row: Resident = { ...first!, surname: 'He said "no",\r\nthen left' };
    const [header, line] = [...residentLines([row], fileHabits(0))];
    expect(readCsv(`${header ?? ""}${line ?? ""}`, ",")[1]).toEqual(Object.values(row));
  });
});
