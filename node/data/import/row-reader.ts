import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_CSV_FIELD_BYTES } from "../../../shared/base/limits.ts";
import { FIELD_KINDS } from "../../../shared/matching/fields.ts";
import { standardiseField, type StandardiseOptions } from "../../../shared/matching/standardise.ts";
import type { StoredRow } from "../snapshots.ts";
import type { CsvRecord } from "./csv-source.ts";
import type { MappedAttribute, MappedField, Mapping } from "./mapping.ts";
import type { Rejects } from "./rejects.ts";

/** What one column gave, over all readable rows. */
export interface Coverage {
  /** Rows with a value. */
  present: number;
  /** Rows whose text could not be read; the value is missing, the row stays. */
  unreadable: number;
}

export interface RowReader {
  /** The row as it is stored, or null for a row that cannot be read and went to the rejects. */
  read(record: CsvRecord): StoredRow | null;
  readonly fields: Readonly<Record<string, Coverage>>;
  readonly attributes: Readonly<Record<string, Coverage>>;
  readonly rowsIn: number;
  readonly rowsReadable: number;
}

interface Placed<T> {
  readonly mapped: T;
  /** Index in the record. */
  readonly place: number;
  readonly coverage: Coverage;
}

/** Where a decoder met bytes that are no text; the letter that stood there is lost. */
const REPLACEMENT = "\uFFFD";
const NOT_TEXT = "bytes that are not text in this encoding";

/**
 * From a record of the file to a row of the snapshot: checks its shape, standardises the mapped fields, translates the
 * attributes' codes. Every row and field it cannot read goes to the rejects; it stops at nothing.
 *
 * @throws ProtocolError "bad-input" naming a mapped column that the file does not have
 */
export function createRowReader(file: string, header: readonly string[], mapping: Mapping, rejects: Rejects): RowReader {
  const placeOf = (column: string, path: string) => {
    const place = header.indexOf(column);
    if (place >= 0) return place;
    throw new ProtocolError("bad-input", `mapping: ${path}: ${file} has no column ${JSON.stringify(column)}`, {
      hint: `its columns are: ${header.join(", ").slice(0, 500)}`,
    });
  };
  const fields = mapping.fields.map((mapped) => ({
    mapped,
    place: placeOf(mapped.column, `mapping.${mapped.field}`),
    coverage: { present: 0, unreadable: 0 },
    options: optionsOf(mapping, mapped),
  }));
  const attributes = mapping.attributes.map((mapped) => ({
    mapped,
    place: placeOf(mapped.column, `attributes.${mapped.attribute}`),
    coverage: { present: 0, unreadable: 0 },
  }));
  const missing = new Set(["", ...mapping.csv.missing]);
  const width = header.length;
  let rowsIn = 0;
  let rowsReadable = 0;

  const readField = ({ mapped, place, coverage, options }: FieldColumn, { firstLine, values }: CsvRecord) => {
    const raw = values[place]!;
    const outcome = raw.includes(REPLACEMENT)
      ? { unreadable: NOT_TEXT }
      : standardiseField(FIELD_KINDS[mapped.field], raw, options);
    if (outcome === "missing") return null;
    if ("value" in outcome) {
      coverage.present++;
      return outcome.value;
    }
    coverage.unreadable++;
    rejects.add(firstLine, mapped.field, outcome.unreadable);
    // A flag that protects somebody is never read as absent.
    return mapped.field === "no_match" ? "1" : null;
  };

  const readAttribute = ({ mapped, place, coverage }: Placed<MappedAttribute>, { firstLine, values }: CsvRecord) => {
    const own = values[place]!.trim().normalize("NFC");
    if (own.includes(REPLACEMENT)) {
      coverage.unreadable++;
      rejects.add(firstLine, mapped.attribute, NOT_TEXT);
      return null;
    }
    const code = mapped.codes.get(own) ?? mapped.otherwise ?? (missing.has(own) ? null : own);
    if (code !== null) coverage.present++;
    return code;
  };

  return {
    read(record) {
      rowsIn++;
      const broken = brokenReason(record, header, width);
      if (broken !== null) {
        rejects.add(record.firstLine, broken.column, broken.reason);
        return null;
      }
      rowsReadable++;
      const stored: (number | string | null)[] = [rowsReadable];
      for (const field of fields) stored.push(record.values[field.place]!, readField(field, record));
      for (const attribute of attributes) stored.push(readAttribute(attribute, record));
      return stored;
    },
    fields: Object.fromEntries(fields.map(({ mapped, coverage }) => [mapped.field, coverage])),
    attributes: Object.fromEntries(attributes.map(({ mapped, coverage }) => [mapped.attribute, coverage])),
    get rowsIn() {
      return rowsIn;
    },
    get rowsReadable() {
      return rowsReadable;
    },
  };
}

type FieldColumn = Placed<MappedField> & { readonly options: StandardiseOptions };

function optionsOf({ csv, dateFormat }: Mapping, { postcode }: MappedField): StandardiseOptions {
  return { missing: csv.missing, postcode, ...(dateFormat === null ? {} : { dateOrder: dateFormat }) };
}

/** Why the whole row cannot be read, and in which column of the file where it is one. */
function brokenReason(
  { firstLine, lastLine, values }: CsvRecord,
  header: readonly string[],
  width: number,
): { column: string; reason: string } | null {
  if (values.length !== width) {
    // A row over many lines tells of a quotation mark that should not be there.
    const over = firstLine === lastLine ? "" : ` over lines ${firstLine} to ${lastLine}`;
    return { column: "", reason: `expected ${width} columns, found ${values.length}${over}` };
  }
  for (const [place, value] of values.entries()) {
    if (value.includes("\0")) return { column: header[place]!, reason: "binary content, not text" };
    if (value.length > MAX_CSV_FIELD_BYTES / 4 && Buffer.byteLength(value) > MAX_CSV_FIELD_BYTES) {
      return { column: header[place]!, reason: `longer than ${MAX_CSV_FIELD_BYTES} bytes` };
    }
  }
  return null;
}
