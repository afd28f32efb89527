import type { FieldKind } from "./fields.ts";
import { standardiseHouseNumber, standardiseStreet } from "./standardise/addresses.ts";
import { standardiseFlag, standardiseSex } from "./standardise/codes.ts";
import { standardiseDate, type DateOrder } from "./standardise/dates.ts";
import { foldWords } from "./standardise/fold.ts";
import {
  standardiseCompanyNumber,
  standardiseDigits,
  standardiseIdentifier,
  standardiseNhsNumber,
  standardiseNino,
  standardiseUpn,
  standardiseUprn,
} from "./standardise/identifiers.ts";
import { standardiseName } from "./standardise/names.ts";
import { readable, type Standardised } from "./standardise/outcome.ts";
import { standardisePostcode } from "./standardise/postcodes.ts";

/**
 * From raw text to the one spelling that is compared, by the kind of the field; each kind's rules and examples stand in
 * the module that is named for it. Pure, total and idempotent: any text gives a value, "missing", or a reason why it
 * cannot be read; nothing is guessed. The raw text is kept beside it at the node.
 */
export type { Standardised } from "./standardise/outcome.ts";

export interface StandardiseOptions {
  readonly dateOrder?: DateOrder;
  /** The year of the extract, for two-digit years and years to come; see dates.ts. */
  readonly latestYear?: number;
  /** Whose rules a postcode or number obeys; "other": nobody's here, it is folded and kept as it stands. */
  readonly rules?: "uk" | "other";
  /** Texts that mean "no value", compared after trimming. */
  readonly missing: readonly string[];
}

export function standardiseField(kind: FieldKind, raw: string, options: StandardiseOptions): Standardised {
  const trimmed = raw.trim();
  if (trimmed === "" || options.missing.includes(trimmed)) return "missing";
  switch (options.rules === "other" ? WITHOUT_RULES[kind] : kind) {
    case "reference":
      return { value: trimmed.normalize("NFC").toWellFormed() };
    case "name":
      return standardiseName(trimmed);
    case "text":
      return readable(foldWords(trimmed), "no letter or digit");
    case "house-number":
      return standardiseHouseNumber(trimmed);
    case "street":
      return standardiseStreet(trimmed);
    case "sex":
      return standardiseSex(trimmed);
    case "identifier":
      return standardiseIdentifier(trimmed);
    case "digits":
      return standardiseDigits(trimmed);
    case "nhs-number":
      return standardiseNhsNumber(trimmed);
    case "nino":
      return standardiseNino(trimmed);
    case "upn":
      return standardiseUpn(trimmed);
    case "uprn":
      return standardiseUprn(trimmed);
    case "company-number":
      return standardiseCompanyNumber(trimmed);
    case "date":
      return standardiseDate(trimmed, { order: options.dateOrder ?? "ymd", latestYear: options.latestYear ?? null });
    case "postcode":
      return standardisePostcode(trimmed);
    case "flag":
      return standardiseFlag(trimmed);
  }
}

/** What a kind is where no rules of this country hold. */
const WITHOUT_RULES: Readonly<Record<FieldKind, FieldKind>> = {
  reference: "reference",
  name: "name",
  text: "text",
  "house-number": "text",
  street: "text",
  sex: "text",
  identifier: "identifier",
  digits: "digits",
  "nhs-number": "digits",
  nino: "identifier",
  upn: "identifier",
  uprn: "digits",
  "company-number": "identifier",
  date: "date",
  postcode: "text",
  flag: "flag",
};
