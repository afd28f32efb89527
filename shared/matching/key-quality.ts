import { isField, type Field } from "./fields.ts";
import type { CascadeKey } from "./match-key.ts";
import type { Funnel } from "./population.ts";

/**
 * Which match keys are too weak to say that two rows are one person: by their fields, which a charter shows to everybody,
 * and by a node's own rows, which only that node may look at.
 */

/** Numbers and addresses given to one holder; anything else is shared by many. */
const IDENTIFIERS: ReadonlySet<Field> = new Set([
  "reference",
  "uprn",
  "phone",
  "nhs_number",
  "nino",
  "upn",
  "company_number",
  "national_id",
  "household_key",
  "email",
]);
/** What leaves an identifier whole. */
const KEEPS_WHOLE = new Set(["fold", "identifier", "digits"]);

/** Whether all that a key compares is one field that is no identifier, or a part of one. */
export function isSingleFieldKey({ of }: CascadeKey): boolean {
  const [field, ...others] = new Set(of.map((component) => component.field));
  if (field === undefined || others.length > 0) return false;
  if (!isField(field) || !IDENTIFIERS.has(field)) return true;
  return !of.some(({ as }) => as.every((name) => KEEPS_WHOLE.has(name) && !(field === "nino" && name === "digits")));
}

/** Of the units that have a key, the least share that must be alone with their value. */
export const LEAST_UNIQUE_SHARE = 0.98;

export interface WeakKey {
  readonly key: string;
  /** Units alone with their value, of those that have the key. */
  readonly uniqueShare: number;
}

/** The keys that too many units here share. A key that no unit has is not weak: it finds nobody. */
export function weakKeys({ perKey }: Funnel): WeakKey[] {
  return perKey
    .filter(({ present }) => present > 0)
    .map(({ key, present, unique }) => ({ key, uniqueShare: unique / present }))
    .filter(({ uniqueShare }) => uniqueShare < LEAST_UNIQUE_SHARE);
}
