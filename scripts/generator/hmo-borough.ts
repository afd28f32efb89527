import type { Chance } from "./chance.ts";
import { hmoExtraFeatures, type ExtraFeature } from "./hmo-learning.ts";

/**
 * What makes one borough's properties differ from another's: its mixture of homes, its recording practice, how common
 * unlicensed HMOs are, and how far each sign of them means something else here than in London as a whole. Inner
 * boroughs rent more and have more flats. The levels are plausible, not any borough's published ones.
 */
export interface HmoCharacter {
  /** Expected share of unlicensed HMOs among all properties. */
  readonly prevalence: number;
  /** Weights of owner, private rent, social rent. */
  readonly tenures: readonly [number, number, number];
  /** Share of flats among private homes. */
  readonly flats: number;
  /** Bands move up with prices. */
  readonly prices: number;
  /** Share of private sharers who are students. */
  readonly students: number;
  /** Share of properties in a selective licensing area. Often none. */
  readonly licensing: number;
  /** How many of the adults are registered, against London's average. */
  readonly registration: number;
  /** How many complaints are recorded, against London's average. */
  readonly complaints: number;
  /** How many properties were inspected, against London's average. */
  readonly inspections: number;
  readonly stationKm: number;
  readonly universityKm: number;
  /** Share of fields that are empty or unreadable, against London's average. */
  readonly gaps: number;
  readonly extras: readonly ExtraFeature[];
  /** By effect (hmo-property.ts): its factor here. Mean 1. */
  readonly drift: Float64Array;
}

const INNER = new Set([
  "camden",
  "city-of-london",
  "greenwich",
  "hackney",
  "hammersmith-and-fulham",
  "islington",
  "kensington-and-chelsea",
  "lambeth",
  "lewisham",
  "newham",
  "southwark",
  "tower-hamlets",
  "wandsworth",
  "westminster",
]);
/** Prevalence is drawn between them, evenly on a logarithmic scale: most boroughs have few. */
const LEAST_PREVALENCE = 0.0075;
const MOST_PREVALENCE = 0.026;
/** Standard deviation of an effect's factor between boroughs. */
export const DRIFT = 0.2;
const NO_LICENSING_AREA = 0.4;
/** Share of boroughs that have each extra feature. */
const EXTRA_SHARE: Readonly<Record<ExtraFeature, number>> = { epc: 0.7, station_km: 0.5, university_km: 0.35 };

export function drawCharacter(name: string, effects: number, chance: Chance): HmoCharacter {
  const isInner = INNER.has(name);
  const privateRent = chance.between(isInner ? 0.28 : 0.18, isInner ? 0.42 : 0.3);
  const socialRent = chance.between(isInner ? 0.25 : 0.1, isInner ? 0.4 : 0.22);
  return {
    prevalence: LEAST_PREVALENCE * (MOST_PREVALENCE / LEAST_PREVALENCE) ** chance.uniform(),
    tenures: [1 - privateRent - socialRent, privateRent, socialRent],
    flats: chance.between(isInner ? 0.55 : 0.2, isInner ? 0.8 : 0.45),
    prices: chance.between(isInner ? 0 : -0.5, isInner ? 1.5 : 0.8),
    students: chance.between(0.02, isInner ? 0.3 : 0.15),
    licensing: chance.hit(NO_LICENSING_AREA) ? 0 : chance.between(0.1, 0.6),
    registration: chance.between(0.85, 1.05),
    complaints: Math.exp(0.4 * chance.normal()),
    inspections: Math.exp(0.25 * chance.normal()),
    stationKm: chance.between(isInner ? 0.4 : 0.7, isInner ? 0.8 : 1.6),
    universityKm: chance.between(isInner ? 0.8 : 1.5, isInner ? 3 : 7),
    gaps: chance.between(0.5, 1.6),
    extras: hmoExtraFeatures.filter((feature) => chance.hit(EXTRA_SHARE[feature])),
    drift: Float64Array.from({ length: effects }, () => 1 + DRIFT * chance.normal()),
  };
}

/** A borough with fewer could not take part: a node needs 100 rows with a label. */
const LEAST_PROPERTIES = 1000;

/**
 * Properties by borough, in proportion to the weights, whole numbers that sum to `total`. None has less than 1,000 or
 * half of an equal share, whichever is smaller: the City of London would have a twentieth of that.
 */
export function shareOut(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const least = Math.min(LEAST_PROPERTIES, Math.floor(total / weights.length / 2));
  const isSmall = weights.map((weight) => (weight / all) * total < least);
  const small = isSmall.filter(Boolean).length;
  const others = weights.reduce((sum, weight, index) => sum + (isSmall[index] === true ? 0 : weight), 0);
  let before = 0;
  let given = 0;
  return weights.map((weight, index) => {
    if (isSmall[index] === true) return least;
    before += weight;
    const upTo = Math.round((before / others) * (total - small * least));
    const share = upTo - given;
    given = upTo;
    return share;
  });
}
