import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standardiseFlag, standardiseSex } from "../../../../../shared/matching/standardise/codes.ts";
import {
  isTestNhsNumber,
  standardiseCompanyNumber,
  standardiseDigits,
  standardiseIdentifier,
  standardiseNhsNumber,
  standardiseNino,
  standardiseUpn,
  standardiseUprn,
} from "../../../../../shared/matching/standardise/identifiers.ts";
import type { Standardised } from "../../../../../shared/matching/standardise/outcome.ts";
import { itIsTotalAndIdempotent, told } from "./support.ts";

const examples: [string, (text: string) => Standardised, [string, string][]][] = [
  [
    "an NHS number",
    standardiseNhsNumber,
    [
      // The example of the NHS Data Model and Dictionary.
      ["943 476 5919", "9434765919"],
      ["943-476-5919", "9434765919"],
      ["9434765918", "unreadable: wrong check digit"],
      ["9434765991", "unreadable: wrong check digit"],
      ["999 000 0018", "9990000018"],
      ["0000000000", "unreadable: wrong check digit"],
      ["4444444444", "unreadable: wrong check digit"],
      ["943476591", "unreadable: not an NHS number"],
      ["9.43477E+09", "unreadable: cut by a spreadsheet"],
    ],
  ],
  [
    "a NINO",
    standardiseNino,
    [
      ["ab 12 34 56 c", "AB123456C"],
      ["AB-12-34-56-C", "AB123456C"],
      ["AB123456", "AB123456"],
      ["QQ123456C", "QQ123456C"],
      ["DA123456C", "unreadable: not a NINO"],
      ["AO123456C", "unreadable: not a NINO"],
      ["OA123456C", "OA123456C"],
      ["BG123456A", "unreadable: not a NINO"],
      ["ZZ123456A", "unreadable: not a NINO"],
      ["AB123456E", "unreadable: not a NINO"],
      ["AB12345C", "unreadable: not a NINO"],
      ["TN010175M", "unreadable: temporary number"],
      ["OO123456A", "unreadable: administrative number"],
      ["PP999999P", "unreadable: administrative number"],
      ["NC010175F", "unreadable: administrative number"],
    ],
  ],
  [
    "a UPN",
    standardiseUpn,
    [
      ["p207000016049", "P207000016049"],
      ["B801200005001", "B801200005001"],
      ["B207000016049", "unreadable: wrong check letter"],
      ["A80120000500A", "unreadable: temporary number"],
      ["A8012", "unreadable: not a UPN"],
      ["I801200005001", "unreadable: not a UPN"],
    ],
  ],
  [
    "a UPRN",
    standardiseUprn,
    [
      ["100023336956", "100023336956"],
      ["10033544614", "010033544614"],
      ["000010033544614", "unreadable: not a UPRN"],
      ["100023336956.0", "100023336956"],
      ["1.00023E+11", "unreadable: cut by a spreadsheet"],
      ["1,00023e+11", "unreadable: cut by a spreadsheet"],
      ["1E+11", "unreadable: cut by a spreadsheet"],
      ["0", "unreadable: not a UPRN"],
      ["10O33", "unreadable: not a UPRN"],
    ],
  ],
  [
    "a company number",
    standardiseCompanyNumber,
    [
      ["01234567", "01234567"],
      ["1234567", "01234567"],
      ["sc 12345", "SC012345"],
      ["OC301234", "OC301234"],
      ["IP12345R", "IP12345R"],
      ["123456789", "unreadable: not a company number"],
      ["00000000", "unreadable: not a company number"],
      ["ACME LTD", "unreadable: not a company number"],
    ],
  ],
  [
    "figures",
    standardiseDigits,
    [
      ["020 7946-0018", "02079460018"],
      ["7.94600E+9", "unreadable: cut by a spreadsheet"],
      ["n/a", "unreadable: no digit"],
    ],
  ],
  [
    "an identifier",
    standardiseIdentifier,
    [
      ["ab-12/3", "AB123"],
      ["12E4", "12E4"],
      ["1.2E+4", "unreadable: cut by a spreadsheet"],
    ],
  ],
  [
    "sex",
    standardiseSex,
    [
      ["male", "M"],
      ["F", "F"],
      ["1", "M"],
      ["01", "M"],
      ["2", "F"],
      ["Woman", "F"],
      ["9", "I"],
      ["Intersex", "I"],
      ["0", "missing"],
      ["u", "missing"],
      ["not stated", "missing"],
      ["3", "unreadable: not a sex code"],
      ["Unknown", "missing"],
      ["x", "missing"],
      ["mals", "unreadable: not a sex code"],
    ],
  ],
  [
    "a flag",
    standardiseFlag,
    [
      ["yes", "1"],
      ["F", "0"],
      ["perhaps", "unreadable: neither yes nor no"],
    ],
  ],
];

for (const [what, standardise, table] of examples) {
  describe(what, () => {
    it.each(table)("%j is read as %j", (text, expected) => {
      expect(told(standardise(text))).toBe(expected);
    });
    itIsTotalAndIdempotent(what, standardise);
  });
}

describe("check digits", () => {
  it("tell every NHS number with one figure wrong, and with two neighbours swapped", () => {
    const number = "9434765919";
    for (let at = 0; at < 10; at++) {
      for (let figure = 0; figure < 10; figure++) {
        const other = number.slice(0, at) + String(figure) + number.slice(at + 1);
        expect("value" in (standardiseNhsNumber(other) as object)).toBe(other === number);
      }
      if (at === 9 || number[at] === number[at + 1]) continue;
      const swapped = number.slice(0, at) + number[at + 1]! + number[at]! + number.slice(at + 2);
      expect(told(standardiseNhsNumber(swapped))).toBe("unreadable: wrong check digit");
    }
  });

  it("tell every UPN with one figure wrong", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(9), (at, figure) => {
        const number = "P207000016049";
        const other = number.slice(0, at) + String(figure) + number.slice(at + 1);
        expect(told(standardiseUpn(other))).toBe(other === number ? number : "unreadable: wrong check letter");
      }),
    );
  });
});

describe("isTestNhsNumber", () => {
  it("knows the range that is never issued", () => {
    expect(isTestNhsNumber("9990000018")).toBe(true);
    expect(isTestNhsNumber("9434765919")).toBe(false);
    expect(isTestNhsNumber("9989999994")).toBe(false);
  });
});
