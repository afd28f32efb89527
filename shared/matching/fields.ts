/**
 * The canonical fields: the names that charters, policies and mappings share, and what kind of value each holds. A
 * borough maps its own columns to them; nothing else of a file can ever stand in a match key.
 */
export const FIELD_KINDS = {
  reference: "reference",
  forename: "name",
  surname: "name",
  business_name: "text",
  date_of_birth: "date",
  sex: "sex",
  postcode: "postcode",
  house_number: "house-number",
  street: "street",
  locality: "text",
  uprn: "uprn",
  phone: "digits",
  nhs_number: "nhs-number",
  nino: "nino",
  upn: "upn",
  company_number: "company-number",
  national_id: "identifier",
  household_key: "identifier",
  email: "text",
  no_match: "flag",
} as const;

export type Field = keyof typeof FIELD_KINDS;
export type FieldKind = (typeof FIELD_KINDS)[Field];

export function isField(name: string): name is Field {
  return Object.hasOwn(FIELD_KINDS, name);
}
