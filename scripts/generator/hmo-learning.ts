/**
 * What a charter says of the HMO workload's properties: each attribute's declaration and the features of the model, in
 * the form of a charter's `dataset.attributes` and `operation.features`. The generator writes values that these
 * declarations read, but for the share of broken ones that real files have.
 */
export type HmoAttribute =
  | { readonly type: "number"; readonly unit: string; readonly least: number; readonly most: number }
  /** The first code is the reference level. */
  | { readonly type: "category"; readonly codes: readonly string[] }
  | { readonly type: "flag"; readonly yes: readonly string[] };

const flag: HmoAttribute = { type: "flag", yes: ["1"] };
const count = (unit: string, most: number): HmoAttribute => ({ type: "number", unit, least: 0, most });

/** The features that every borough has. */
const CORE = {
  council_tax_band: { type: "category", codes: ["D", "A", "B", "C", "E", "F", "G", "H"] },
  /** Exemption class N: all who live there are students. */
  class_n: flag,
  tenure: { type: "category", codes: ["owner", "private", "social"] },
  property_type: { type: "category", codes: ["terrace", "flat", "semi", "detached"] },
  bedrooms: count("rooms", 15),
  floor_area: { type: "number", unit: "m²", least: 10, most: 1000 },
  electors: count("electors", 30),
  /** Electors with different surnames. */
  surnames: count("surnames", 30),
  /** Housing benefit and universal credit, at the address. */
  benefit_claims: count("claims", 20),
  /** In 24 months, as are waste complaints and elector turnover. */
  noise_complaints: count("complaints", 100),
  waste_complaints: count("complaints", 100),
  /** Planning or licensing enforcement before. */
  enforcement: flag,
  elector_turnover: count("electors", 60),
  /** Council tax account holders in five years. */
  account_holders: count("holders", 60),
  licensing_area: flag,
} satisfies Readonly<Record<string, HmoAttribute>>;

/** What only some boroughs have joined to their properties. */
const EXTRA = {
  epc: { type: "category", codes: ["D", "A", "B", "C", "E", "F", "G"] },
  station_km: { type: "number", unit: "km", least: 0, most: 30 },
  university_km: { type: "number", unit: "km", least: 0, most: 30 },
} satisfies Readonly<Record<string, HmoAttribute>>;

export type CoreFeature = keyof typeof CORE;
export type ExtraFeature = keyof typeof EXTRA;

/** The label: 1 inspected and found, 0 inspected and not found, missing where nobody looked. */
export const hmoLabel = "found";
/** By name: the label, the common core, the extras. A charter for all boroughs declares the label and the core. */
export const hmoAttributes: Readonly<Record<typeof hmoLabel | CoreFeature | ExtraFeature, HmoAttribute>> = {
  found: flag,
  ...CORE,
  ...EXTRA,
};
export const hmoFeatures = Object.keys(CORE) as readonly CoreFeature[];
export const hmoExtraFeatures = Object.keys(EXTRA) as readonly ExtraFeature[];
