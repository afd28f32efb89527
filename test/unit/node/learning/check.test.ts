import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { checkLearningData } from "../../../../node/learning/check.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { HOMES_TASK, importRows } from "../../../helpers/learning-homes.ts";

let db: Database;
beforeEach(() => {
  db = openNodeDatabase(":memory:");
});
afterEach(() => {
  db.close();
});

const check = (task: LearningTask = HOMES_TASK) => checkLearningData(db, { dataset: "homes", task });
const findings = (level: "fail" | "warning", task?: LearningTask) =>
  check(task)
    .findings.filter((finding) => finding.level === level)
    .map(({ field, text }) => `${field ?? "rows"}: ${text}`);

/** Rows that satisfy HOMES_TASK; `change` alters a row's cells: label, complaints, exempt, tenure. */
function homes(
  count: number,
  change: (cells: [string, string, string, string], row: number) => void = () => undefined,
) {
  return Array.from({ length: count }, (_, row) => {
    const cells: [string, string, string, string] = [
      row % 3 === 0 ? "1" : "0",
      String(row % 50),
      row % 2 === 0 ? "Y" : "N",
      ["owned", "rented", "social"][(row % 4) % 3]!,
    ];
    change(cells, row);
    return [`r${row}`, ...cells];
  });
}

describe("a data specification check", () => {
  it("finds nothing wrong with rows that are as declared, and counts them", async () => {
    await importRows(db, homes(600));
    expect(check()).toMatchObject({
      rows: 600,
      usable: 600,
      minimumRows: 100,
      classes: { positive: 200, negative: 400 },
      events: 200,
      // Intercept, complaints, exempt, two levels of tenure.
      coefficients: 5,
      findings: [],
    });
    expect(check().fields.map(({ name, role, type, readable }) => [name, role, type, readable])).toEqual([
      ["hmo", "label", "number", 600],
      ["complaints", "feature", "number", 600],
      ["exempt", "feature", "flag", 600],
      ["tenure", "feature", "category", 600],
    ]);
  });

  it("counts levels by label over usable rows", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        if (row < 6) cells[0] = "";
      }),
    );
    const exempt = check().fields.find(({ name }) => name === "exempt");
    // Rows 6 to 599: of the even ones 99 are divisible by 3, and of the odd ones.
    expect(exempt?.levels).toEqual([
      { level: "no", rows: [198, 99] },
      { level: "yes", rows: [198, 99] },
    ]);
  });

  it("names an attribute that was not imported", async () => {
    await importRows(
      db,
      homes(300).map((row) => row.slice(0, 4)),
      { attributes: ["hmo", "complaints", "exempt"] },
    );
    expect(findings("fail")).toEqual([
      "tenure: was not imported: add it under attributes in the mapping, and import again",
    ]);
    expect(check().fields[3]).toMatchObject({ imported: false, readable: 0, missing: 0 });
  });

  it("says the label is not here rather than that there are no rows of one class", async () => {
    await importRows(
      db,
      homes(300).map(([reference, , ...rest]) => [reference!, ...rest]),
      { attributes: ["complaints", "exempt", "tenure"] },
    );
    expect(findings("fail")[0]).toMatch(/^hmo: was not imported/);
    expect(check()).toMatchObject({ usable: 0, classes: { positive: 0, negative: 0 } });
  });

  it.each<[string, 1 | 2, string, RegExp]>([
    [
      "thousands separators",
      1,
      "1,000",
      /^complaints: 10\.0 % of the texts cannot be read as declared: they are no plain/,
    ],
    ["another unit", 1, "5000", /^complaints: 10\.0 % .* outside least and most; check the unit/],
  ])("fails a number with %s", async (_, place, text, expected) => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        if (row % 10 === 0) cells[place] = text;
      }),
    );
    expect(findings("fail")).toEqual([expect.stringMatching(expected)]);
    expect(check().usable).toBe(540);
  });

  it("fails a category whose codes are others, saying how many and not which", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        if (row % 10 === 0) cells[3] = row % 20 === 0 ? "LEASEHOLD" : "BOAT";
      }),
    );
    expect(findings("fail")).toEqual([
      "tenure: 10.0 % of the texts cannot be read as declared: 2 different codes are not the charter's; translate them by codes in the mapping",
    ]);
    expect(JSON.stringify(check())).not.toMatch(/LEASEHOLD|BOAT/);
  });

  it("warns of a few unreadable texts, of sparse columns, and of several codes that count as no", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        if (row === 1) cells[1] = "n/a";
        if (row % 4 === 0) cells[3] = "";
        if (row % 2 === 0) cells[2] = row % 4 === 0 ? "yes" : "Y";
      }),
    );
    expect(findings("fail")).toEqual([]);
    expect(findings("warning")).toEqual([
      expect.stringMatching(/^complaints: 1 texts cannot be read and count as missing/),
      expect.stringMatching(/^exempt: 2 different codes count as no/),
      expect.stringMatching(/^tenure: is there in 75\.0 % of the rows/),
    ]);
  });

  it("fails a label that is the same in every usable row, and warns of a feature that is", async () => {
    await importRows(
      db,
      homes(600, (cells) => {
        cells[0] = "0";
        cells[2] = "N";
      }),
    );
    expect(findings("fail")).toEqual(["hmo: is the same in every usable row: check how it was extracted"]);
    expect(findings("warning")).toContain("exempt: is the same in every usable row, so nothing is learned of it here");
  });

  it("warns of a number that hardly varies within its declared range", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        cells[1] = (50 + (row % 2) / 100).toFixed(3);
      }),
    );
    expect(findings("warning")).toEqual([
      "complaints: spans less than 1 part in 5,000 of least to most: it may be left out as constant, declare a narrower range",
    ]);
  });

  it("fails where too few rows are usable, with the column that has the most gaps", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        if (row >= 90) cells[1] = "";
      }),
    );
    expect(findings("fail")).toContain(
      "rows: 90 of 600 rows are usable (with a label and without a gap), the charter needs 100; complaints has the most gaps",
    );
    expect(check({ ...HOMES_TASK, missing: "indicator" })).toMatchObject({ usable: 600, coefficients: 8 });
  });

  it("fails where there are more coefficients than the rows bear", async () => {
    await importRows(db, homes(15));
    const controls = { ...HOMES_TASK.controls, minimumRows: 1 };
    expect(findings("fail", { ...HOMES_TASK, controls })).toEqual([
      "rows: 5 coefficients are too many for 15 usable rows",
    ]);
  });

  it("warns of too few events for the coefficients and of rare levels", async () => {
    await importRows(
      db,
      homes(600, (cells, row) => {
        cells[0] = row % 20 === 0 ? "1" : "0";
        cells[3] = row % 100 === 0 ? "social" : row % 2 === 0 ? "owned" : "rented";
      }),
    );
    const warnings = findings("warning");
    expect(warnings).toContainEqual(
      expect.stringMatching(/^rows: 30 rows of the rarer label for 5 coefficients: under 10/),
    );
    expect(warnings).toContainEqual(
      expect.stringMatching(/^tenure: under 10 rows with one of the labels: "rented", "social"/),
    );
    expect(findings("fail")).toEqual([]);
  });

  it("counts the events of a Poisson label and takes a linear one as it is", async () => {
    await importRows(db, homes(600));
    const label = { attribute: HOMES_TASK.label.attribute, positive: null };
    expect(check({ ...HOMES_TASK, family: "poisson", label })).toMatchObject({
      events: 200,
      classes: null,
      findings: [],
    });
    expect(check({ ...HOMES_TASK, family: "linear", label })).toMatchObject({
      events: 600,
      classes: null,
      findings: [],
    });
  });

  it("looks at the groups of an evaluation too", async () => {
    await importRows(db, homes(600));
    const groups = [{ name: "ward", type: "category", codes: ["n", "s"] } as const];
    const evaluate = { metrics: ["auc"], groups, bins: 8, top: [] } as const;
    expect(findings("fail", { ...HOMES_TASK, evaluate })).toEqual([expect.stringMatching(/^ward: was not imported/)]);
  });
});
