import { generateBusinesses } from "./businesses.ts";
import { generateLondon } from "./generate-london.ts";
import type { London, LondonOptions } from "./london.ts";
import { generateProperties } from "./properties.ts";

export type WhatIsListed = "people" | "properties" | "businesses";

const GENERATORS: Readonly<Record<WhatIsListed, (options: LondonOptions) => London>> = {
  people: generateLondon,
  properties: generateProperties,
  businesses: generateBusinesses,
};

/** Lists of people, of properties or of businesses. @throws RangeError naming the option that is out of range */
export function generateLists(what: WhatIsListed, options: LondonOptions): London {
  return GENERATORS[what](options);
}
