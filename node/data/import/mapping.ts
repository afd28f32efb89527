import { z } from "zod";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { parseShape } from "../../../shared/base/shape.ts";
import { isField, type Field } from "../../../shared/matching/fields.ts";
import { parseYaml } from "../../../shared/protocol/charter-document.ts";

/**
 * A borough's mapping from its own columns to canonical fields and attributes: written once, by somebody who knows the
 * extract. Unknown keys and unknown fields are errors.
 */
const column = z.string().min(1).max(200);
const mapped = z.union([column, z.strictObject({ column, kind: z.enum(["uk", "other"]).optional() })]);
const attribute = z.union([
  column,
  z.strictObject({
    column,
    codes: z.record(z.string(), z.string().max(200)).optional(),
    otherwise: z.string().max(200).optional(),
  }),
]);
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "expected a name of a-z, 0-9, _ and -, at most 63 long");

const shape = z.strictObject({
  csv: z
    .strictObject({
      encoding: z.enum(["auto", "utf-8", "windows-1252"]).default("auto"),
      delimiter: z.enum(["auto", ",", ";", "\t"]).default("auto"),
      /** True for a first line of names, or the names of a file without one. */
      header: z.union([z.literal(true), z.array(column).min(1)]).default(true),
      missing: z.array(z.string().max(100)).default([""]),
    })
    .default({ encoding: "auto", delimiter: "auto", header: true, missing: [""] }),
  dateFormat: z.enum(["ymd", "dmy", "mdy"]).optional(),
  mapping: z.record(name, mapped).default({}),
  attributes: z.record(name, attribute).default({}),
});
/** A model may be learned from rows that carry no identifier at all. */
const mapping = shape.refine(
  (parsed) => Object.keys(parsed.mapping).length + Object.keys(parsed.attributes).length > 0,
  "expected at least one field under mapping, or one of attributes",
);

export interface MappedField {
  readonly field: Field;
  readonly column: string;
  /** "other": no rules of this country for a postcode or number; see standardise.ts. */
  readonly rules: "uk" | "other";
}

export interface MappedAttribute {
  readonly attribute: string;
  readonly column: string;
  /** Own code to charter code. */
  readonly codes: ReadonlyMap<string, string>;
  /** For a code that is not there, or none: null keeps it as it is. */
  readonly otherwise: string | null;
}

export interface Mapping {
  readonly csv: z.infer<typeof mapping>["csv"];
  readonly dateFormat: "ymd" | "dmy" | "mdy" | null;
  readonly fields: readonly MappedField[];
  readonly attributes: readonly MappedAttribute[];
}

/** @throws ProtocolError "bad-input" naming line or field of the mapping */
export function parseMappingText(text: string): Mapping {
  const parsed = parseShape(mapping, parseYaml(text, "mapping"), "mapping", "bad-input");
  if (Object.keys(parsed.mapping).length + Object.keys(parsed.attributes).length === 0) {
    throw new ProtocolError("bad-input", "mapping: mapping: expected at least one field, or an attribute below");
  }
  const fields = Object.entries(parsed.mapping).map(([field, to]): MappedField => {
    if (!isField(field)) {
      throw new ProtocolError("bad-input", `mapping: mapping.${field}: is not a canonical field`, {
        hint: "see docs/OPERATING.md for the list; columns of the borough's own go under attributes",
      });
    }
    return typeof to === "string"
      ? { field, column: to, rules: "uk" }
      : { field, column: to.column, rules: to.kind ?? "uk" };
  });
  if (fields.some(({ field }) => field === "date_of_birth") && parsed.dateFormat === undefined) {
    throw new ProtocolError(
      "bad-input",
      "mapping: dateFormat: is needed where date_of_birth is mapped: ymd, dmy or mdy",
    );
  }
  return {
    csv: parsed.csv,
    dateFormat: parsed.dateFormat ?? null,
    fields,
    attributes: Object.entries(parsed.attributes).map(([attributeName, to]) => ({
      attribute: attributeName,
      column: typeof to === "string" ? to : to.column,
      codes: new Map(typeof to === "string" ? [] : Object.entries(to.codes ?? {})),
      otherwise: typeof to === "string" ? null : (to.otherwise ?? null),
    })),
  };
}
