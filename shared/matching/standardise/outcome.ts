/** What reading a raw text gives: the one spelling that is compared, that there is no value, or why it cannot be read. */
export type Standardised = { readonly value: string } | "missing" | { readonly unreadable: string };

/** `value`, or unreadable for `reason` where nothing is left of the text. Reasons are a closed set: no part of a record. */
export function readable(value: string, reason: string): Standardised {
  return value === "" ? { unreadable: reason } : { value };
}
