import { createChance, type Chance } from "./chance.ts";
import { drawCharacter, shareOut, type HmoCharacter } from "./hmo-borough.ts";
import { writeCells, type HmoCells } from "./hmo-cells.ts";
import { EFFECT_COUNT, drawLogOdds, drawProperty, type Property } from "./hmo-property.ts";
import { LONDON_BOROUGHS, type BoroughFacts, type District } from "./london-boroughs.ts";

/**
 * The HMO workload: synthetic properties of London's boroughs, some of which are unlicensed HMOs (houses in multiple
 * occupation). Nothing in it is anybody's: UPRNs are from a range of their own, postcodes are never issued.
 *
 * The label is what a borough has: the outcome of its inspections, and most properties were never inspected. Officers
 * go where complaints, enforcement and let rooms point them, where somebody gave them a tip (which stands in no file and
 * comes far more often for an HMO), and now and then at random. So:
 *
 * - `found` is 1 (inspected and found), 0 (inspected, nothing found, sometimes wrongly: nobody opened the door) or
 *   missing (never inspected). A model learns from inspected rows only. What drives inspections and stands in the file
 *   does little harm, since the model has it as a feature; tips and closed doors do: scores rank properties, but are no
 *   probabilities that anyone should quote.
 * - `uninspected: "negative"` writes 0 where nobody looked, as many extracts do: more rows, and most of the HMOs in them
 *   labelled as none.
 * - The rows for testing are other properties of the borough, drawn evenly and each inspected thoroughly. Figures on
 *   them are unbiased, as far as this London is like the real one. No borough has inspected so many at random.
 *
 * What it can show: whether a federated model equals the pooled one, and what pooling few known cases is worth under the
 * effects written in hmo-property.ts. The gain is that of few cases: with the default 60,000 properties a borough knows
 * about ten, and its own model ranks far worse; with ten times as many the difference is small. What it cannot show: how
 * well any model would do in London, for the effects, the differences between boroughs and the bias of inspections are
 * assumptions. The same options give the same rows, and a borough's do not depend on which others are drawn beside it.
 */
export interface HmoOptions {
  /** How many of the 33. */
  readonly boroughs: number;
  /** Properties in all boroughs together, without those for testing. */
  readonly properties: number;
  readonly seed: number;
  /** Properties for testing, as a share of the others. */
  readonly test?: number;
  /** Share of properties that were inspected, over all boroughs. */
  readonly inspected?: number;
  readonly uninspected?: "missing" | "negative";
}

export interface HmoBorough {
  readonly name: string;
  readonly title: string;
  /** What it is like, for whoever checks the workload: nothing that a borough would know. */
  readonly character: HmoCharacter;
  readonly properties: number;
  readonly tests: number;
  /** With the label as inspections found it. Drawn as they are taken, the same at every call. */
  rows(): Generator<HmoRow>;
  /** Inspected at random: every label known and true. */
  testRows(): Generator<HmoRow>;
}

export interface HmoRow {
  readonly reference: string;
  readonly uprn: string;
  readonly postcode: string;
  /** Text in the charter's codes, "" for missing; some of it unreadable. */
  readonly cells: HmoCells;
  /** The truth. In no file. */
  readonly isHmo: boolean;
}

/** At most so many properties in all. */
export const MAX_PROPERTIES = 10_000_000;
const TEST_SHARE = 0.5;
const INSPECTED_SHARE = 0.15;
/** Of the inspections, those without a reason. */
const AT_RANDOM = 0.2;
/** How often officers have a tip, of an HMO and of another property. */
const TIP = { hmo: 0.25, other: 0.02 };
/** How often an inspection of an HMO finds it. */
const FOUND = 0.93;
/** Properties from which a borough's level of HMOs and of inspections is set. */
const PILOT = 4000;

/** @throws RangeError naming the option that is out of range */
export function generateHmo(options: HmoOptions): HmoBorough[] {
  const full = { test: TEST_SHARE, inspected: INSPECTED_SHARE, uninspected: "missing" as const, ...options };
  verifyOptions(full);
  const facts = LONDON_BOROUGHS.slice(0, full.boroughs);
  const sizes = shareOut(
    full.properties,
    facts.map(({ hundreds }) => hundreds),
  );
  let place = 0;
  return facts.map((borough, index) => {
    const properties = sizes[index]!;
    const tests = Math.round(properties * full.test);
    const from = place;
    place += properties + tests;
    return boroughOf(borough, { properties, tests, from }, full);
  });
}

function verifyOptions({ boroughs, properties, seed, test, inspected }: Required<HmoOptions>): void {
  const isWhole = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!isWhole(boroughs, 1, LONDON_BOROUGHS.length)) {
    throw new RangeError(`boroughs: expected a whole number from 1 to ${LONDON_BOROUGHS.length}`);
  }
  if (!isWhole(properties, boroughs * 10, MAX_PROPERTIES)) {
    throw new RangeError(`properties: expected a whole number from ten for each borough to ${MAX_PROPERTIES}`);
  }
  if (!isWhole(seed, 0, Number.MAX_SAFE_INTEGER)) throw new RangeError("seed: expected a whole number from 0");
  if (!(test > 0 && test <= 10)) throw new RangeError("test: expected a share above 0, at most 10");
  if (!(inspected > 0 && inspected <= 0.5)) throw new RangeError("inspected: expected a share above 0, at most 0.5");
}

interface Places {
  readonly properties: number;
  readonly tests: number;
  /** Of its first UPRN in London's. */
  readonly from: number;
}

function boroughOf(
  facts: BoroughFacts,
  { properties, tests, from }: Places,
  options: Required<HmoOptions>,
): HmoBorough {
  const { name, title } = facts;
  const stream = (part: string) => createChance(options.seed, `hmo ${name} ${part}`);
  const character = drawCharacter(name, EFFECT_COUNT, stream("character"));
  const levels = setLevels(character, options.inspected, stream("pilot"));
  const row = (place: number, chance: Chance, label: (property: Property, isHmo: boolean) => string): HmoRow => {
    const property = drawProperty(character, chance);
    const isHmo = chance.hit(logistic(levels.hmo + drawLogOdds(property, character, chance)));
    return {
      reference: `${name.slice(0, 3).toUpperCase()}-P${String(place).padStart(8, "0")}`,
      uprn: String(FIRST_UPRN + place),
      postcode: postcodeIn(facts.districts, chance),
      cells: writeCells(property, label(property, isHmo), character, chance),
      isHmo,
    };
  };
  return {
    name,
    title,
    character,
    properties,
    tests,
    *rows() {
      const chance = stream("rows");
      for (let place = 0; place < properties; place++) {
        yield row(from + place, chance, (property, isHmo) => {
          const hasTip = chance.hit(isHmo ? TIP.hmo : TIP.other);
          if (!chance.hit(inspection(levels.inspections + reasonsToLook(property, hasTip), levels.atRandom))) {
            return options.uninspected === "negative" ? "0" : "";
          }
          return isHmo && chance.hit(FOUND) ? "1" : "0";
        });
      }
    },
    *testRows() {
      const chance = stream("test");
      for (let place = 0; place < tests; place++) {
        yield row(from + properties + place, chance, (_, isHmo) => (isHmo ? "1" : "0"));
      }
    },
  };
}

/** In log odds. */
function reasonsToLook({ noise, waste, enforcement, tenure, surnames }: Property, hasTip: boolean): number {
  const rented = tenure === "private" ? 0.5 + 0.4 * Math.min(surnames, 4) : 0;
  return 1.5 * Math.log1p(noise + waste) + 1.5 * Number(enforcement) + rented + 2 * Number(hasTip);
}

function inspection(logOdds: number, atRandom: number): number {
  return atRandom + (1 - atRandom) * logistic(logOdds);
}

/** The two intercepts with which a borough has its prevalence and its share of inspections, by its own pilot. */
function setLevels(character: HmoCharacter, inspected: number, chance: Chance) {
  const properties = Array.from({ length: PILOT }, () => drawProperty(character, chance));
  const odds = properties.map((property) => drawLogOdds(property, character, chance));
  const reasons = properties.map((property) => reasonsToLook(property, false));
  const share = Math.min(0.6, inspected * character.inspections);
  const atRandom = share * AT_RANDOM;
  return {
    hmo: solve((level) => mean(odds, (each) => logistic(level + each)) - character.prevalence),
    inspections: solve((level) => mean(reasons, (each) => inspection(level + each, atRandom)) - share),
    atRandom,
  };
}

/** The zero of a rising function, by halving. */
function solve(of: (level: number) => number): number {
  let low = -40;
  let high = 20;
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (of(middle) < 0) low = middle;
    else high = middle;
  }
  return low;
}

function mean(values: readonly number[], of: (value: number) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0) / values.length;
}

function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** A range of its own, as the synthetic residents have. */
const FIRST_UPRN = 995_000_000_000;
/** Letters that the inward half of a postcode never has. */
const UNUSED_INWARD = ["C", "I", "K", "M", "O", "V"];

function postcodeIn(districts: readonly District[], chance: Chance): string {
  return `${chance.pick(districts).code} ${chance.below(10)}${chance.pick(UNUSED_INWARD)}${chance.pick(UNUSED_INWARD)}`;
}
