import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  flatNumber,
  houseNumber,
  standardiseHouseNumber,
  standardiseStreet,
  streetName,
} from "../../../../../shared/matching/standardise/addresses.ts";
import { anyText, itIsTotalAndIdempotent, told } from "./support.ts";

describe("standardiseStreet", () => {
  it.each([
    ["12 High St.", "12 HIGH STREET"],
    ["St. John's Rd", "ST JOHN S ROAD"],
    ["High St N", "HIGH STREET N"],
    ["St", "ST"],
    ["The Ave", "THE AVENUE"],
    ["Broadway", "BROADWAY"],
    ["Stanley street", "STANLEY STREET"],
    ["-", "unreadable: no letter or digit"],
  ])("reads %j as %j", (text, expected) => {
    expect(told(standardiseStreet(text))).toBe(expected);
  });

  itIsTotalAndIdempotent("streets", standardiseStreet);
});

describe("standardiseHouseNumber", () => {
  it.each([
    ["No. 12 a", "12A"],
    ["012", "12"],
    ["Flat 3, 012", "FLAT 3 12"],
    ["Apt 3", "FLAT 3"],
    ["10-12", "10 12"],
    ["Rose Cottage", "ROSE COTTAGE"],
    ["?", "unreadable: no letter or digit"],
  ])("reads %j as %j", (text, expected) => {
    expect(told(standardiseHouseNumber(text))).toBe(expected);
  });

  itIsTotalAndIdempotent("house numbers", standardiseHouseNumber);
});

describe("the parts of an address line", () => {
  it.each([
    ["FLAT 2 12A HIGH STREET", "2", "12A", "HIGH"],
    ["12 A HIGH STREET", null, "12A", "HIGH"],
    ["10 12 HIGH ST", null, "10", "HIGH"],
    ["UNIT B 7 DOCK ROAD", "B", "7", "DOCK"],
    ["THE AVENUE", null, null, "THE AVENUE"],
    ["ROSE COTTAGE", null, null, "ROSE COTTAGE"],
    ["FLAT 2", "2", null, null],
    ["12", null, "12", null],
  ])("of %j are flat %j, number %j and street %j", (line, flat, number, street) => {
    expect([flatNumber(line), houseNumber(line), streetName(line)]).toEqual([flat, number, street]);
  });

  it("are null or a part of the folded line, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const part of [flatNumber, houseNumber, streetName]) expect(part(text)).not.toBe("");
      }),
    );
  });
});
