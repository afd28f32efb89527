import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { FIELD_KINDS, type Field } from "../../shared/matching/fields.ts";
import { standardiseField } from "../../shared/matching/standardise.ts";

/**
 * Open files with a known answer, read in place and never copied (the folder's own README names sources and licences).
 * All that is known here of a file is which column is which field, in which order its dates stand, and which column
 * tells who is who; the match keys are the default cascade's.
 */
export interface LinkageDataset {
  readonly name: string;
  readonly files: readonly string[];
  readonly fields: readonly { readonly field: Field; readonly column: string; readonly rules?: "other" }[];
  readonly dateOrder?: "ymd" | "dmy";
  /** Of a record, who it is: equal in two files where both hold the person. */
  readonly entity: (record: Readonly<Record<string, string>>) => string;
}

const FEBRL: Omit<LinkageDataset, "name" | "fields"> = {
  files: ["febrl4/dataset4a.csv", "febrl4/dataset4b.csv"],
  dateOrder: "ymd",
  entity: (record) => /^rec-(\d+)-/.exec(record["rec_id"] ?? "")?.[1] ?? "",
};
const FEBRL_FIELDS: LinkageDataset["fields"] = [
  { field: "forename", column: "given_name" },
  { field: "surname", column: "surname" },
  { field: "house_number", column: "street_number" },
  { field: "street", column: "address_1" },
  { field: "locality", column: "suburb" },
  { field: "postcode", column: "postcode", rules: "other" },
  { field: "date_of_birth", column: "date_of_birth" },
];

export const LINKAGE_DATASETS: readonly LinkageDataset[] = [
  { ...FEBRL, name: "febrl4", fields: FEBRL_FIELDS },
  {
    ...FEBRL,
    name: "febrl4 with soc_sec_id",
    fields: [...FEBRL_FIELDS, { field: "national_id", column: "soc_sec_id" }],
  },
  {
    name: "five-party",
    files: [1, 2, 3, 4, 5].map((party) => `five-party/dataset-${party}.csv`),
    dateOrder: "dmy",
    fields: [
      { field: "forename", column: "givenname" },
      { field: "surname", column: "surname" },
      { field: "date_of_birth", column: "dob" },
      { field: "sex", column: "gender" },
      { field: "locality", column: "city" },
      { field: "phone", column: "phone number" },
    ],
    entity: (record) => record["id"] ?? "",
  },
  {
    // Ages and years of birth instead of birthdays: no key of the cascade can use them.
    name: "ons-pes",
    files: ["ons-pes/Mock_Data_Census.csv", "ons-pes/Mock_Data_Pes.csv"],
    fields: [
      { field: "forename", column: "forename" },
      { field: "surname", column: "last_name" },
      { field: "sex", column: "sex" },
      { field: "phone", column: "telephone" },
      { field: "locality", column: "village" },
    ],
    entity: (record) => record["puid"] ?? "",
  },
];

export interface LinkageFile {
  readonly name: string;
  /** Standard values, in the order of the data set's fields. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Who each row is. */
  readonly entities: readonly string[];
}

export function isLinkageFolder(folder: string): boolean {
  return LINKAGE_DATASETS.every(({ files }) => files.every((file) => existsSync(join(folder, file))));
}

export function readLinkageFile(folder: string, dataset: LinkageDataset, file: string): LinkageFile {
  const records: Record<string, string>[] = parse(readFileSync(join(folder, file)), {
    columns: true,
    trim: true,
    bom: true,
  });
  return {
    name: file,
    rows: records.map((record) =>
      dataset.fields.map(({ field, column, rules }) => {
        const outcome = standardiseField(FIELD_KINDS[field], record[column] ?? "", {
          missing: [],
          ...(rules === undefined ? {} : { rules }),
          ...(dataset.dateOrder === undefined ? {} : { dateOrder: dataset.dateOrder }),
        });
        return outcome !== "missing" && "value" in outcome ? outcome.value : null;
      }),
    ),
    entities: records.map(dataset.entity),
  };
}
