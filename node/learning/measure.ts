import {
  attributeReader,
  labelReader,
  UNREADABLE_KINDS,
  type AttributeReader,
  type Reading,
  type Unreadable,
} from "../../shared/learning/attribute-values.ts";
import type { Feature, LearningTask } from "../../shared/learning/task.ts";
import { readAttributes } from "../data/attributes.ts";
import type { Database } from "../data/database.ts";
import { requireDataset } from "../data/datasets.ts";

/**
 * The rows that are here beside a charter's data specification, field by field. The figures are the borough's own and
 * stay at the node; they hold counts and kinds of reasons, never a value of the extract.
 */
export interface DataFigures {
  readonly dataset: string;
  readonly snapshot: number;
  readonly rows: number;
  readonly fields: readonly FieldFigures[];
  /** Rows that training would use: with a label and, where rows with gaps are left out, without a gap. */
  readonly usable: number;
  readonly minimumRows: number;
  /** Usable rows by label of a logistic model, else null. */
  readonly classes: { readonly negative: number; readonly positive: number } | null;
  /** Usable rows of the rarer class; of a count above 0; all of a linear model. */
  readonly events: number;
  /** Intercept, numbers, flags, levels but one, and indicators, before anything is merged or left out. */
  readonly coefficients: number;
}

export interface FieldFigures {
  readonly name: string;
  readonly role: "label" | "feature" | "group";
  readonly type: Feature["type"];
  /** Whether the import has such an attribute at all; without it every figure is 0. */
  readonly imported: boolean;
  /** Rows whose value can be read; with `missing` and `unreadable` they come to all rows. */
  readonly readable: number;
  readonly missing: number;
  readonly unreadable: Readonly<Record<Unreadable, number>>;
  /** Different codes that the charter does not list: unreadable in a category, "no" in a flag; at most MANY_CODES. */
  readonly otherCodes: number;
  /** Usable rows of each code of a category, of no and yes of a flag: with a negative label (or any), with a positive. */
  readonly levels: readonly { readonly level: string; readonly rows: readonly [number, number] }[];
  /** Whether all usable rows have one value; false where there are none. */
  readonly constant: boolean;
  /** Of a number: how much of its declared range usable rows span, 0 … 1. Null for others, and without usable rows. */
  readonly spread: number | null;
}

export const MANY_CODES = 20;

/** @throws ProtocolError "not-found" without the dataset, "bad-input" where the label is no label of the family */
export function measureLearningData(
  db: Database,
  { dataset, task }: { readonly dataset: string; readonly task: LearningTask },
): DataFigures {
  const { columns, rows, snapshot } = requireDataset(db, dataset);
  const fields = fieldsOf(task).map((field) => startField(field, columns.attributes.includes(field.name)));
  const imported = fields.filter((field) => field.imported);
  const { pages } = readAttributes(
    db,
    dataset,
    imported.map(({ name }) => name),
  );
  const needed = imported.filter(({ role }) => role === "feature");
  const label = imported.find(({ role }) => role === "label");
  let usable = 0;
  let above = 0;
  for (const page of pages()) {
    for (const row of page) {
      imported.forEach((field, place) => {
        field.take(row[place + 1] as string | null);
      });
      if (label === undefined || typeof label.last !== "number") continue;
      if (task.missing === "drop-row" && needed.some(({ last }) => typeof last !== "number")) continue;
      usable++;
      if (label.last > 0) above++;
      const of = task.family === "logistic" ? label.last : 0;
      for (const field of imported) field.use(of);
    }
  }
  return {
    dataset,
    snapshot,
    rows,
    fields: fields.map((field) => field.figures()),
    usable,
    minimumRows: task.controls.minimumRows,
    classes: task.family === "logistic" ? { negative: usable - above, positive: above } : null,
    events: { logistic: Math.min(above, usable - above), poisson: above, linear: usable }[task.family],
    coefficients: countCoefficients(task),
  };
}

interface Field {
  readonly name: string;
  readonly role: FieldFigures["role"];
  readonly feature: Feature;
  readonly read: AttributeReader;
}

function fieldsOf(task: LearningTask): Field[] {
  const of = (role: FieldFigures["role"]) => (feature: Feature) => {
    return { name: feature.name, role, feature, read: attributeReader(feature) };
  };
  const features = task.features.map(of("feature"));
  const groups = (task.evaluate?.groups ?? []).map(of("group"));
  const { attribute } = task.label;
  return [
    { name: attribute.name, role: "label", feature: attribute, read: labelReader(task) },
    ...features,
    ...groups.filter(({ name }) => !features.some((feature) => feature.name === name) && name !== attribute.name),
  ];
}

/** One field's running figures. */
function startField({ name, role, feature, read }: Field, imported: boolean) {
  const unreadable = Object.fromEntries(UNREADABLE_KINDS.map((kind) => [kind, 0])) as Record<Unreadable, number>;
  const other = new Set<string>();
  const byLevel = new Map<number, [number, number]>();
  let [readable, missing, least, most] = [0, 0, Infinity, -Infinity];
  const field = {
    name,
    role,
    imported,
    /** Of the present row. */
    last: "missing" as Reading,
    take(text: string | null): void {
      const reading = read(text);
      field.last = reading;
      if (typeof reading === "number") readable++;
      else if (reading === "missing") missing++;
      else unreadable[reading]++;
      const isOther = reading === "unlisted-code" || (feature.type === "flag" && reading === 0);
      if (isOther && other.size < MANY_CODES) other.add(text!);
    },
    /** The present row would be learned from. @param of 0 or 1, the label's class */
    use(of: number): void {
      if (typeof field.last !== "number") return;
      least = Math.min(least, field.last);
      most = Math.max(most, field.last);
      if (role === "label" || feature.type === "number") return;
      const counts = byLevel.get(field.last) ?? [0, 0];
      counts[of]!++;
      byLevel.set(field.last, counts);
    },
    figures: (): FieldFigures => ({
      name,
      role,
      type: feature.type,
      imported,
      readable,
      missing,
      unreadable,
      otherCodes: other.size,
      levels: levelNames(role, feature).map((level, place) => ({ level, rows: byLevel.get(place) ?? [0, 0] })),
      constant: least === most,
      spread: feature.type !== "number" || least > most ? null : (most - least) / (feature.most - feature.least),
    }),
  };
  return field;
}

function levelNames(role: FieldFigures["role"], feature: Feature): readonly string[] {
  if (role === "label") return [];
  if (feature.type === "category") return feature.codes;
  return feature.type === "flag" ? ["no", "yes"] : [];
}

function countCoefficients({ features, missing }: LearningTask): number {
  const columns = features.map((feature) => (feature.type === "category" ? feature.codes.length - 1 : 1));
  return 1 + columns.reduce((sum, count) => sum + count, 0) + (missing === "indicator" ? features.length : 0);
}
