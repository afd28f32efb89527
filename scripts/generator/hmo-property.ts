import type { Chance } from "./chance.ts";
import type { HmoCharacter } from "./hmo-borough.ts";

/**
 * One property as it truly is, and the odds that it is an unlicensed HMO. Who lives there drives electors, surnames,
 * turnover and complaints together; the odds then follow from what the files would show, with bends, interactions and
 * a part that no file shows. A logistic model that is linear in the columns is therefore close, and never exactly true.
 *
 * The effects are guesses at a plausible size, not estimates from any borough: a sign that officers call strong
 * multiplies the odds by 2 to 5, a weak one by 1.1 to 1.5.
 */
export interface Property {
  readonly tenure: "owner" | "private" | "social";
  readonly type: "terrace" | "flat" | "semi" | "detached";
  readonly bedrooms: number;
  /** m² */
  readonly floorArea: number;
  /** 0 is A, 7 is H. */
  readonly band: number;
  readonly classN: boolean;
  readonly electors: number;
  readonly surnames: number;
  readonly claims: number;
  readonly noise: number;
  readonly waste: number;
  readonly enforcement: boolean;
  readonly turnover: number;
  readonly holders: number;
  readonly licensingArea: boolean;
  /** 0 is A, 6 is G. */
  readonly epc: number;
  readonly stationKm: number;
  readonly universityKm: number;
}

const TENURES = ["owner", "private", "social"] as const;
const HOUSEHOLDS = ["single", "couple", "family", "sharers"] as const;
/** By tenure, weights of the households. */
const HOUSEHOLD_WEIGHTS = { owner: [30, 28, 39, 3], private: [26, 28, 24, 22], social: [38, 16, 42, 4] };
/** Share of adults on the register of electors; renters move before they are on it. */
const REGISTERED = { owner: 0.94, private: 0.64, social: 0.84 };
const MOVES_IN_24_MONTHS = { owner: 0.25, private: 1.1, social: 0.3 };
const HOLDERS_IN_5_YEARS = { owner: 0.35, private: 1.4, social: 0.4 };
const CLAIMS = { owner: 0.06, private: 0.3, social: 0.6 };

export function drawProperty(borough: HmoCharacter, chance: Chance): Property {
  const tenure = TENURES[chance.weighted(borough.tenures)]!;
  const household = HOUSEHOLDS[chance.weighted(HOUSEHOLD_WEIGHTS[tenure])]!;
  const areSharers = household === "sharers";
  const type = drawType(tenure, borough, chance);
  const least = type === "flat" ? 1 : 2;
  const bedrooms =
    least + (areSharers ? 1 : 0) + chance.poisson(type === "flat" ? 0.8 : type === "terrace" ? 0.9 : 1.4);
  const floorArea = Math.round((22 + 21 * bedrooms) * Math.exp(0.2 * chance.normal()));
  const universityKm = borough.universityKm * chance.between(0.2, 2.2);
  const areStudents = areSharers && tenure === "private" && chance.hit(borough.students * (universityKm < 2 ? 2 : 0.7));
  const adults = drawAdults(household, bedrooms, chance);
  let electors = 0;
  for (let adult = 0; adult < adults; adult++) {
    if (chance.hit(Math.min(0.98, REGISTERED[tenure] * borough.registration * (areStudents ? 0.5 : 1)))) electors++;
  }
  const moving = areSharers ? 2 : 1;
  const nuisance = Math.exp(0.7 * chance.normal() - 0.245) * borough.complaints * (tenure === "private" ? 1.4 : 1);
  return {
    tenure,
    type,
    bedrooms,
    floorArea,
    band: clamp(Math.round(0.5 + floorArea / 32 + borough.prices + 0.8 * chance.normal()), 0, 7),
    classN: chance.hit(areStudents ? 0.9 : 0.002),
    electors,
    surnames: drawSurnames(electors, areSharers ? 0.95 : household === "family" ? 0.22 : 0.4, chance),
    claims: chance.poisson(CLAIMS[tenure] * (areSharers && !areStudents ? 1.8 : 1)),
    noise: chance.poisson(0.09 * nuisance * (type === "flat" ? 1.3 : 1) * (areSharers ? 2 : 1)),
    waste: chance.poisson(0.07 * nuisance * (areSharers ? 2.2 : 1)),
    enforcement: chance.hit(tenure === "private" ? (areSharers ? 0.06 : 0.03) : 0.01),
    turnover: chance.poisson(MOVES_IN_24_MONTHS[tenure] * moving * (areStudents ? 1.5 : 1)),
    holders: 1 + chance.poisson(HOLDERS_IN_5_YEARS[tenure] * (areSharers ? 1.3 : 1)),
    licensingArea: chance.hit(borough.licensing),
    epc: clamp(Math.round(2.9 + (tenure === "social" ? -0.6 : 0.1) + 1.1 * chance.normal()), 0, 6),
    stationKm: borough.stationKm * chance.between(0.1, 2.4),
    universityKm,
  };
}

function drawType(tenure: Property["tenure"], borough: HmoCharacter, chance: Chance): Property["type"] {
  if (
    chance.hit(
      tenure === "social" ? 0.5 + borough.flats / 2 : tenure === "private" ? borough.flats : borough.flats * 0.8,
    )
  ) {
    return "flat";
  }
  return (["terrace", "semi", "detached"] as const)[chance.weighted([58, 31, tenure === "owner" ? 14 : 5])]!;
}

function drawAdults(household: (typeof HOUSEHOLDS)[number], bedrooms: number, chance: Chance): number {
  if (household === "single") return 1;
  if (household === "couple") return 2;
  if (household === "family") return 2 + (chance.hit(0.3) ? 1 + chance.below(2) : 0);
  return Math.max(2, bedrooms + chance.below(3) - 1);
}

function drawSurnames(electors: number, another: number, chance: Chance): number {
  let surnames = Math.min(1, electors);
  for (let elector = 1; elector < electors; elector++) if (chance.hit(another)) surnames++;
  return surnames;
}

type Effect = readonly [sign: string, logOdds: number, of: (property: Property) => number];

/** Log odds of each sign; `of` says how much of it a property shows. */
const EFFECTS: readonly Effect[] = [
  ["private rent", 1.5, ({ tenure }) => Number(tenure === "private")],
  ["social rent", -1, ({ tenure }) => Number(tenure === "social")],
  ["all students", -2.5, ({ classN }) => Number(classN)],
  ["terrace", 0.35, ({ type }) => Number(type === "terrace")],
  ["detached", -0.4, ({ type }) => Number(type === "detached")],
  ["bedrooms over two, to six", 0.3, ({ bedrooms }) => clamp(bedrooms - 2, 0, 4)],
  [
    "little room for its bedrooms",
    0.8,
    ({ floorArea, bedrooms }) => clamp(Math.log((22 + 21 * bedrooms) / floorArea), -1, 1),
  ],
  ["band, from A to H", -0.12, ({ band }) => band],
  ["surnames after the first, to five", 0.4, ({ surnames }) => clamp(surnames - 1, 0, 4)],
  [
    "surnames where it is rented",
    0.25,
    ({ surnames, tenure }) => (tenure === "private" ? clamp(surnames - 1, 0, 4) : 0),
  ],
  ["rented, and nobody on the register", 0.7, ({ electors, tenure }) => Number(tenure === "private" && electors === 0)],
  ["claims, the first counting half", 0.5, ({ claims }) => (claims === 0 ? 0 : clamp(claims, 1, 4) - 0.5)],
  ["noise, less with each", 0.6, ({ noise }) => Math.log1p(noise)],
  ["waste, less with each", 0.7, ({ waste }) => Math.log1p(waste)],
  ["enforcement before", 0.9, ({ enforcement }) => Number(enforcement)],
  ["turnover, to five", 0.25, ({ turnover }) => Math.min(turnover, 5)],
  [
    "complaints where people come and go",
    0.15,
    ({ noise, waste, turnover }) => Math.log1p(noise + waste) * Math.min(turnover, 4),
  ],
  ["holders after the first, to five", 0.2, ({ holders }) => clamp(holders - 1, 0, 4)],
  ["licensing area", -0.3, ({ licensingArea }) => Number(licensingArea)],
  ["energy rating, from A to G", 0.12, ({ epc }) => epc],
  ["kilometres to a station, to three", -0.2, ({ stationKm }) => Math.min(stationKm, 3)],
];
export const EFFECT_COUNT = EFFECTS.length;
/** What no file shows, in log odds. */
const UNSEEN = 1;

/** Log odds without the borough's own level. */
export function drawLogOdds(property: Property, { drift }: HmoCharacter, chance: Chance): number {
  let sum = UNSEEN * chance.normal();
  for (const [index, [, logOdds, of]] of EFFECTS.entries()) sum += logOdds * drift[index]! * of(property);
  return sum;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
