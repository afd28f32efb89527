import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayAndMonth, standardiseDate, type DateOrder } from "../../../../../shared/matching/standardise/dates.ts";
import { itIsTotalAndIdempotent, told } from "./support.ts";

describe("standardiseDate", () => {
  it.each<[DateOrder, number | null, string, string]>([
    ["dmy", 2026, "03/11/87", "1987-11-03"],
    ["dmy", 2026, "03/11/26", "2026-11-03"],
    ["dmy", 2026, "03/11/27", "1927-11-03"],
    ["mdy", 2026, "11/03/87", "1987-11-03"],
    ["ymd", 2026, "87-11-03", "1987-11-03"],
    ["dmy", 2026, "031187", "1987-11-03"],
    ["ymd", 2026, "871103", "1987-11-03"],
    ["dmy", null, "03/11/87", "unreadable: year not of four digits"],
    ["dmy", 2026, "03/11/187", "unreadable: year not of four digits"],
    ["dmy", 2026, "3-Nov-87", "1987-11-03"],
    ["dmy", 2026, "3rd November 1987", "1987-11-03"],
    ["dmy", 2026, "November 3, 1987", "1987-11-03"],
    ["dmy", 2026, "3 Nonember 1987", "unreadable: not a date"],
    ["dmy", 2026, "03/11/1987 00:00:00", "1987-11-03"],
    ["dmy", 2026, "03/11/1987 0:00", "1987-11-03"],
    ["dmy", 2026, "03/11/1987 12:30", "unreadable: not a date"],
    ["dmy", 2026, "01/01/1900", "unreadable: placeholder date"],
    ["ymd", 2026, "1900-01-01", "unreadable: placeholder date"],
    ["ymd", 2026, "1899-12-30", "unreadable: placeholder date"],
    ["ymd", 2026, "2099-12-31", "unreadable: placeholder date"],
    ["ymd", 2026, "1900-01-02", "1900-01-02"],
    ["ymd", 2026, "1970-01-01", "1970-01-01"],
    ["ymd", 2026, "2027-01-02", "unreadable: year after the import"],
    ["dmy", 2026, "11/23/1987", "unreadable: no such day"],
    ["dmy", 2026, "32049", "unreadable: not a date"],
  ])("reads one declared %s in an extract of %s, %j, as %j", (order, latestYear, text, expected) => {
    expect(told(standardiseDate(text, { order, latestYear }))).toBe(expected);
  });

  it("accepts exactly the days that the calendar has", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1800, max: 2199 }), fc.nat(14), fc.nat(33), (year, month, day) => {
        const iso = [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
        const date = new Date(Date.UTC(year, month - 1, day));
        const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
        const result = told(standardiseDate(iso, { order: "dmy", latestYear: null }));
        expect(result === iso || result === "unreadable: placeholder date").toBe(
          isReal || result.includes("placeholder"),
        );
      }),
      { numRuns: 2000 },
    );
  });

  for (const order of ["ymd", "dmy", "mdy"] as const) {
    itIsTotalAndIdempotent(`dates, ${order}`, (text) => standardiseDate(text, { order, latestYear: 2026 }));
  }
});

describe("dayAndMonth", () => {
  it("is the same for a day and month that were swapped, and for no other two days", () => {
    expect(dayAndMonth("1987-03-11")).toBe("03/11");
    expect(dayAndMonth("1987-11-03")).toBe("03/11");
    expect(dayAndMonth("1987-11-13")).toBe("11/13");
    expect(dayAndMonth("1987")).toBeNull();
  });
});
