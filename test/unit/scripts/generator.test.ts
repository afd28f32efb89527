import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMappingText } from "../../../node/data/import/mapping.ts";
import { fold } from "../../../shared/matching/standardise/fold.ts";
import { standardiseField } from "../../../shared/matching/standardise.ts";
import { createDice } from "../../../scripts/generator/dice.ts";
import { generateLists } from "../../../scripts/generator/generate-lists.ts";
import { dishevelName, MISSING_TEXTS, shortenStreet } from "../../../scripts/generator/habits.ts";
import { disturb, recordOf } from "../../../scripts/generator/mishaps.ts";
import { createPlaces } from "../../../scripts/generator/addresses.ts";
import { createHouseholds } from "../../../scripts/generator/residents.ts";
import { LONDON_BOROUGHS } from "../../../scripts/generator/london-boroughs.ts";
import { generateLondon, type Resident } from "../../../scripts/generator/generate-london.ts";
import { fileHabits, rowLines, writeLondon } from "../../../scripts/generator/residents-file.ts";

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
    const districts = new Set(LONDON_BOROUGHS.flatMap((borough) => borough.districts.map(({ code }) => code)));
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

  it("has twins, and sons with their father's names, at one address", () => {
    const { boroughs } = generateLondon({ ...OPTIONS, residents: 4000, overlap: 0, dirt: 0 });
    const count = (keyOf: (row: Resident) => string) => {
      const groups = new Map<string, Set<string>>();
      for (const row of boroughs.flatMap((borough) => borough.rows)) {
        const others = groups.get(keyOf(row)) ?? new Set();
        groups.set(keyOf(row), others.add(`${row.forename} ${row.date_of_birth}`));
      }
      return [...groups.values()].filter((others) => others.size > 1).length;
    };
    expect(count(({ uprn, surname, date_of_birth }) => `${uprn} ${surname} ${date_of_birth}`)).toBeGreaterThan(20);
    expect(count(({ uprn, surname, forename, sex }) => `${uprn} ${surname} ${forename} ${sex}`)).toBeGreaterThan(20);
  });

  it("says of each row which kinds of error it holds: of copies alone, and moves alone without dirt", () => {
    const { errorsOf, personOf } = london.truth;
    expect(errorsOf.size).toBeGreaterThan(50);
    for (const [reference, kinds] of errorsOf) {
      expect(personOf.has(reference)).toBe(true);
      expect(kinds.length).toBeGreaterThan(0);
    }
    const clean = generateLondon({ ...OPTIONS, dirt: 0 });
    expect(new Set([...clean.truth.errorsOf.values()].flat())).toEqual(new Set(["moved"]));
    expect(generateLondon({ ...OPTIONS, dirt: 0, sameAddress: 1 }).truth.errorsOf.size).toBe(0);
  });

  it("holds fewer at home than live there where coverage is below 1, and no fewer copies", () => {
    const half = generateLondon({ ...OPTIONS, coverage: 0.5 });
    const count = half.boroughs.reduce((sum, borough) => sum + borough.rows.length, 0);
    expect(count).toBeGreaterThan(1000);
    expect(count).toBeLessThan(1500);
  });

  it("tells each person's traits", () => {
    const traits = [...london.truth.traitsOf.values()];
    expect(Object.keys(traits[0]!)).toEqual(["tradition", "age", "deprivation"]);
    expect(new Set(traits.map(({ deprivation }) => deprivation)).size).toBe(5);
    expect(new Set(traits.map(({ tradition }) => tradition)).size).toBeGreaterThan(15);
    expect(new Set(traits.map(({ age }) => age)).size).toBe(6);
  });

  it.each(["properties", "businesses"] as const)("lists %s too, the same for the same seed", (what) => {
    const made = generateLists(what, OPTIONS);
    expect(generateLists(what, OPTIONS)).toEqual(made);
    expect(made.truth.pairs).toBeGreaterThan(100);
    expect(made.truth.errorsOf.size).toBeGreaterThan(50);
    for (const { reference, uprn, company_number } of made.boroughs.flatMap((borough) => borough.rows)) {
      expect(made.truth.personOf.has(reference)).toBe(true);
      expect(missing.has(uprn!) || /^99\d{10}$|^9\.\d{5}E\+11$/.test(uprn!)).toBe(true);
      if (what === "businesses") expect(missing.has(company_number!) || /^99\d{6}$/.test(company_number!)).toBe(true);
    }
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
    [{ coverage: 2 }, "coverage"],
    [{ sameAddress: -1 }, "sameAddress"],
  ])("refuses %o, naming the option", (change, name) => {
    expect(() => generateLondon({ ...OPTIONS, ...change })).toThrow(name);
  });
});

describe("errors", () => {
  it("that change what is recorded always change something", () => {
    const dice = createDice(3);
    const places = createPlaces(LONDON_BOROUGHS[0]!.districts, { next: 0 }, dice);
    const households = createHouseholds(dice);
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const address = places.next();
      for (const person of households.next(address)) {
        const changed = recordOf(person, address);
        const kinds = disturb(changed, person, dice);
        expect(changed).not.toEqual(recordOf(person, address));
        expect(kinds.length).toBeGreaterThan(0);
        expect(changed.nino).toMatch(/^(QQ\d{6}[A-D])?$/);
        expect(changed.uprn).toMatch(/^(99\d{10})?$/);
        for (const kind of kinds) seen.add(kind);
      }
    }
    expect([...seen].sort()).toEqual([
      "address error",
      "date error",
      "married name",
      "missing field",
      "nickname",
      "number error",
      "other spelling",
      "part of a name",
      "swapped names",
      "typo",
    ]);
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

describe("a short street", () => {
  it.each(["High Street", "Church Road", "The Crescent", "Abbey Lane", "Broadway"])(
    "is %s to the standard",
    (street) => {
      const standard = standardiseField("street", street, { missing: [] });
      expect(standardiseField("street", shortenStreet(street, createDice(1)), { missing: [] })).toEqual(standard);
    },
  );
});

describe("the files", () => {
  const columnsOf = (row: Resident, index: number) => Object.keys(row).map(fileHabits(index).columnOf);
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
      expect(header).toEqual(columnsOf(london.boroughs[index]!.rows[0]!, index));
      const whole = body.filter((cells) => cells.length === header?.length);
      expect(whole).toEqual(london.boroughs[index]?.rows.map((row) => Object.values(row)));
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
      const columns = columnsOf(london.boroughs[index]!.rows[0]!, index);
      for (const { column } of [...parsed.fields, ...parsed.attributes]) expect(columns).toContain(column);
      expect(parsed.dateFormat).toBe(london.boroughs[index]?.habits.order);
    }
  });

  it("of properties and businesses come with a mapping too", () => {
    for (const what of ["properties", "businesses"] as const) {
      const made = generateLists(what, OPTIONS);
      for (const { mapping } of writeLondon(join(folder, what), made)) {
        expect(parseMappingText(mapping).fields.map(({ field }) => field)).toEqual(
          expect.arrayContaining(["uprn", "house_number", "street", "postcode"]),
        );
      }
    }
  });

  it("quote what would break a line", () => {
    const [first] = london.boroughs.flatMap(({ rows }) => rows);
    const row: Resident = { ...first!, surname: 'He said "no",\r\nthen left' };
    const [header, line] = [...rowLines([row], fileHabits(0))];
    expect(readCsv(`${header ?? ""}${line ?? ""}`, ",")[1]).toEqual(Object.values(row));
  });
});
