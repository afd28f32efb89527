import { faker as british } from "@faker-js/faker/locale/en_GB";
import type { Dice } from "./dice.ts";
import type { District } from "./london-boroughs.ts";

/**
 * Made-up addresses: streets of houses and of blocks with flats, some fifteen properties to a postcode. The inward half of
 * a postcode has letters that are never issued, and UPRNs start with 99, so no address is anybody's.
 */
export interface Address {
  /** "3", or empty. */
  readonly flat: string;
  /** "12", "12A" */
  readonly number: string;
  readonly street: string;
  readonly locality: string;
  readonly postcode: string;
  readonly uprn: string;
  /**
   * 1, most deprived, to 5: a stand-in, thrown for each street by dice and so no statement about any place. What follows
   * from it is set in residents.ts and mishaps.ts.
   */
  readonly quintile: number;
}

export interface Places {
  next(): Address;
}

/** Letters that the inward half of a postcode never has. */
const UNUSED_INWARD = "CIKMOV";
const INWARDS = 10 * UNUSED_INWARD.length ** 2;
/** Shares no factor with INWARDS, so a district has them all before one comes again. */
const INWARD_STEP = 77;
const PROPERTIES_PER_POSTCODE = 15;
const QUINTILES = 5;
const SHARE_OF_BLOCKS = 0.2;

const STREETS = (british.definitions as unknown as { location: { street_name: string[] } }).location.street_name;

interface Street {
  readonly name: string;
  readonly quintile: number;
  houses: number;
  house: number;
  /** Flats of the present house that are still to come. */
  flats: number;
  flat: number;
}

/** @param uprns numbers properties over all of London, so that no two have one UPRN */
export function createPlaces(districts: readonly District[], uprns: { next: number }, dice: Dice): Places {
  const streets = districts.map((): Street | null => null);
  /** No two streets of a district have one name before all names are used. */
  const names = districts.map((): string[] => []);
  const postcodes = districts.map(() => ({ number: dice.below(INWARDS), left: 0 }));
  return {
    next() {
      const district = dice.below(districts.length);
      const postcode = postcodes[district]!;
      let street = streets[district] ?? null;
      if (street === null || (street.flats === 0 && street.houses === 0)) {
        if (names[district]!.length === 0) names[district] = dice.shuffle(STREETS);
        street = newStreet(names[district]!.pop()!, dice);
        streets[district] = street;
        postcode.left = 0;
      }
      if (postcode.left-- <= 0) {
        postcode.number = (postcode.number + INWARD_STEP) % INWARDS;
        postcode.left = PROPERTIES_PER_POSTCODE - 1;
      }
      const home = nextHome(street, dice);
      const { code, locality } = districts[district]!;
      return {
        ...home,
        street: street.name,
        locality,
        postcode: `${code} ${inward(postcode.number)}`,
        uprn: String(990_000_000_000 + uprns.next++),
        quintile: street.quintile,
      };
    },
  };
}

function newStreet(name: string, dice: Dice): Street {
  const quintile = 1 + dice.below(QUINTILES);
  return { name, quintile, houses: 8 + dice.below(50), house: 0, flats: 0, flat: 0 };
}

/** Houses stand side by side with their numbers; every few is a block of flats, more of them where quintiles are low. */
function nextHome(street: Street, dice: Dice): Pick<Address, "flat" | "number"> {
  if (street.flats === 0) {
    street.houses--;
    street.house += 1 + dice.below(2);
    street.flat = 0;
    const isBlock = dice.chance(SHARE_OF_BLOCKS * (1.5 - street.quintile / 10));
    street.flats = isBlock ? 3 + dice.below(12) : 0;
    if (!isBlock) return { flat: "", number: `${street.house}${dice.chance(0.05) ? dice.pick(["A", "B"]) : ""}` };
  }
  street.flats--;
  return { flat: String(++street.flat), number: String(street.house) };
}

function inward(number: number): string {
  const letter = (place: number) => UNUSED_INWARD.charAt(place % UNUSED_INWARD.length);
  return `${Math.floor(number / UNUSED_INWARD.length ** 2)}${letter(number)}${letter(Math.floor(number / UNUSED_INWARD.length))}`;
}

/** "Flat 3, 12" */
export function houseText({ flat, number }: Pick<Address, "flat" | "number">): string {
  return flat === "" ? number : `Flat ${flat}, ${number}`;
}

/** As a trait: made up, see `quintile`. */
export function deprivationOf({ quintile }: Pick<Address, "quintile">): { readonly deprivation: string } {
  return { deprivation: `quintile ${quintile}${quintile === 1 ? ", most" : quintile === 5 ? ", least" : ""}` };
}
