import { describe, expect, it } from "vitest";
import {
  postcodeArea,
  postcodeDistrict,
  postcodeSector,
  standardisePostcode,
} from "../../../../../shared/matching/standardise/postcodes.ts";
import { itIsTotalAndIdempotent, told } from "./support.ts";

describe("standardisePostcode", () => {
  it.each([
    ["sw1a1aa", "SW1A 1AA"],
    [" E1  6AN", "E1 6AN"],
    ["W1A-0AX", "W1A 0AX"],
    ["M1 1AE", "M1 1AE"],
    ["B33 8TH", "B33 8TH"],
    ["CR2 6XH", "CR2 6XH"],
    ["DN55 1PT", "DN55 1PT"],
    ["EC1A 1BB", "EC1A 1BB"],
    ["N1C 4AG", "N1C 4AG"],
    ["SL0 0AA", "SL0 0AA"],
    ["SWIA 1AA", "SW1A 1AA"],
    ["S014 OAA", "SO14 0AA"],
    ["EI 6AN", "E1 6AN"],
    ["E1 GAN", "unreadable: not a postcode"],
    ["0X10 1AA", "OX10 1AA"],
    ["OX1O 1AA", "OX10 1AA"],
    ["NI 9GU", "N1 9GU"],
    ["N1 IGU", "N1 1GU"],
    ["E0I 6AN", "EO1 6AN"],
    ["I1 6AN", "I1 6AN"],
    ["ZZ99 3VZ", "unreadable: pseudo postcode"],
    ["zz993wz", "unreadable: pseudo postcode"],
    ["SW1A", "unreadable: not a postcode"],
    ["75008", "unreadable: not a postcode"],
    ["SW1A 1A1A", "unreadable: not a postcode"],
    ["12345 6AA", "unreadable: not a postcode"],
  ])("reads %j as %j", (text, expected) => {
    expect(told(standardisePostcode(text))).toBe(expected);
  });

  itIsTotalAndIdempotent("postcodes", standardisePostcode);
});

describe("parts of a postcode", () => {
  it.each([
    ["SW1A 1AA", "SW1A 1", "SW1A", "SW"],
    ["E1 6AN", "E1 6", "E1", "E"],
    ["75008", null, null, null],
  ])("are of %j the sector %j, the district %j and the area %j", (value, sector, district, area) => {
    expect([postcodeSector(value), postcodeDistrict(value), postcodeArea(value)]).toEqual([sector, district, area]);
  });
});
