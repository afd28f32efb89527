import type { Chance } from "./chance.ts";
import type { HmoCharacter } from "./hmo-borough.ts";
import type { CoreFeature, ExtraFeature, hmoLabel } from "./hmo-learning.ts";
import type { Property } from "./hmo-property.ts";

/**
 * A property as it stands on a borough's books: fields that are empty, energy data that a third of properties never had,
 * bands nobody knows, and numbers as somebody typed them. The label is never touched.
 */
export type HmoCells = Readonly<Record<typeof hmoLabel | CoreFeature | ExtraFeature, string>>;

/** Energy certificates bring rating and floor area; a third of homes has none. */
const NO_CERTIFICATE = 1 / 3;
/** Shares at a borough with London's average of gaps. */
const EMPTY = { band: 0.01, tenure: 0.06, type: 0.02, bedrooms: 0.1, electors: 0.01, claims: 0.03, distance: 0.01 };
const UNKNOWN_BAND = 0.01;
/** Numbers that are written in another way: most of them are read, some are not. */
const UNTIDY = 0.02;

export function writeCells(property: Property, found: string, { gaps }: HmoCharacter, chance: Chance): HmoCells {
  const unless = (share: number, text: string) => (chance.hit(share * gaps) ? "" : text);
  const number = (value: number, unit: string) => {
    const text = String(value);
    return chance.hit(UNTIDY * gaps) ? chance.pick(UNTIDY_NUMBERS)(text, unit) : text;
  };
  const flag = (value: boolean) => (value ? "1" : "0");
  const hasCertificate = !chance.hit(NO_CERTIFICATE);
  const hasElectors = !chance.hit(EMPTY.electors * gaps);
  const band = "ABCDEFGH".charAt(property.band);
  return {
    found,
    council_tax_band: unless(EMPTY.band, chance.hit(UNKNOWN_BAND * gaps) ? "?" : band),
    class_n: flag(property.classN),
    tenure: unless(EMPTY.tenure, property.tenure),
    property_type: unless(EMPTY.type, property.type),
    bedrooms: unless(EMPTY.bedrooms, number(property.bedrooms, " bed")),
    floor_area: hasCertificate ? number(property.floorArea, " sqm") : "",
    electors: hasElectors ? String(property.electors) : "",
    surnames: hasElectors ? String(property.surnames) : "",
    benefit_claims: unless(EMPTY.claims, String(property.claims)),
    noise_complaints: String(property.noise),
    waste_complaints: String(property.waste),
    enforcement: flag(property.enforcement),
    elector_turnover: hasElectors ? String(property.turnover) : "",
    account_holders: String(property.holders),
    licensing_area: flag(property.licensingArea),
    epc: hasCertificate ? "ABCDEFG".charAt(property.epc) : "",
    station_km: unless(EMPTY.distance, property.stationKm.toFixed(2)),
    university_km: unless(EMPTY.distance, property.universityKm.toFixed(2)),
  };
}

const UNTIDY_NUMBERS: readonly ((text: string, unit: string) => string)[] = [
  (text) => `${text}.0`,
  (text) => `0${text}`,
  (text) => ` ${text} `,
  (text, unit) => `${text}${unit}`,
  () => "not known",
];
