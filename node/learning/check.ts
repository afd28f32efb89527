import type { LearningTask } from "../../shared/learning/task.ts";
import { isTraining, type LearningCharter } from "../../shared/protocol/charter.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import type { Database } from "../data/database.ts";
import { lackOf, requireHeldModel } from "./held-model.ts";
import { MANY_CODES, measureLearningData, type DataFigures, type FieldFigures } from "./measure.ts";

/**
 * The data specification check (protocol.md, "Learning"), before anybody signs: what the figures mean and what to do
 * about them. `fail`: training here would be refused, or would learn from something else than the charter says.
 * `warning`: it may be as it should be; somebody here should know.
 */
export interface DataCheck extends DataFigures {
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** Null for what concerns the rows as a whole. */
  readonly field: string | null;
  readonly level: "fail" | "warning";
  readonly text: string;
}

/** More than this share of the texts that cannot be read is a declaration that does not suit the extract (ours). */
const UNREADABLE_FAILS = 0.05;
/** As in `node readiness`: less than this share there is sparse. */
const SPARSE = 0.8;
/** Near what a sum can tell from a constant (standardise.ts); ours, with room. */
const NARROW = 1 / 5000;
/** Rule of thumb for logistic regression: Peduzzi et al., J Clin Epidemiol 49 (1996) 1373. */
const EVENTS_PER_COEFFICIENT = 10;
/** disclosure.md, "Defaults": residual degrees of freedom, and parameters against rows. */
const LEAST_RESIDUAL_DEGREES = 10;
const MOST_COEFFICIENTS_PER_ROW = 0.33;

/** @throws ProtocolError "not-found" without the dataset, "bad-input" where the label is no label of the family */
export function checkCharterData(db: Database, charter: LearningCharter): DataCheck {
  const dataset = charter.dataset.name;
  const task = learningTask(charter);
  if (isTraining(charter)) return checkLearningData(db, { dataset, task });
  const lack = lackOf(db, charter);
  if (lack !== null) {
    const checked = checkLearningData(db, { dataset, task });
    return { ...checked, findings: [{ field: null, level: "fail", text: lack }, ...checked.findings] };
  }
  // The model itself says what becomes of rows with gaps.
  const { missing } = requireHeldModel(db, charter);
  return checkLearningData(db, { dataset, task: { ...task, missing } });
}

/** @throws ProtocolError as checkCharterData */
export function checkLearningData(
  db: Database,
  { dataset, task }: { readonly dataset: string; readonly task: LearningTask },
): DataCheck {
  const facts = measureLearningData(db, { dataset, task });
  const ofFields = facts.fields.flatMap((field) => judgeField(field, facts, task));
  return { ...facts, findings: [...ofFields, ...judgeRows(facts, task)] };
}

function judgeField(field: FieldFigures, facts: DataFigures, task: LearningTask): Finding[] {
  const { name, role, type, readable, missing } = field;
  const findings: Finding[] = [];
  const say = (level: Finding["level"], text: string) => findings.push({ field: name, level, text });
  if (!field.imported) {
    say("fail", `was not imported: add it under attributes in the mapping, and import again`);
    return findings;
  }
  const texts = facts.rows - missing;
  const unreadable = texts - readable;
  if (texts === 0) say("fail", "is missing in every row: check the column in the mapping");
  else if (readable === 0) say("fail", `no text can be read as the charter declares it: ${adviceFor(field)}`);
  else if (unreadable > texts * UNREADABLE_FAILS) {
    say("fail", `${percent(unreadable, texts)} of the texts cannot be read as declared: ${adviceFor(field)}`);
  } else if (unreadable > 0) {
    say("warning", `${unreadable} texts cannot be read and count as missing: ${adviceFor(field)}`);
  }
  if (texts > 0 && texts < facts.rows * SPARSE) {
    say("warning", `is there in ${percent(texts, facts.rows)} of the rows; ask whether another system holds it`);
  }
  if (type === "flag" && field.otherCodes > 1) {
    say(
      "warning",
      `${atMost(field.otherCodes)} different codes count as no: check that the charter's yes has all of yours`,
    );
  }
  if (facts.usable === 0) return findings;
  if (field.constant && role === "label") {
    say("fail", "is the same in every usable row: check how it was extracted");
  } else if (field.constant && task.algorithm.name !== "released")
    say("warning", "is the same in every usable row, so nothing is learned of it here");
  if (role === "feature" && !field.constant && field.spread !== null && field.spread < NARROW) {
    say(
      "warning",
      "spans less than 1 part in 5,000 of least to most: it may be left out as constant, declare a narrower range",
    );
  }
  const few = field.constant ? [] : fewOf(field, task);
  if (few.length > 0) {
    const { minimumLevelCount } = task.controls;
    const levels = few.map((level) => JSON.stringify(level)).join(", ");
    say(
      "warning",
      `under ${minimumLevelCount} rows with one of the labels: ${levels}; merged if it is so in all boroughs`,
    );
  }
  return findings;
}

function fewOf({ levels }: FieldFigures, { family, controls }: LearningTask): string[] {
  return levels
    .filter(({ rows: [first, second] }) => {
      const least = family === "logistic" ? Math.min(first, second) : first;
      return least < controls.minimumLevelCount;
    })
    .map(({ level }) => level);
}

function judgeRows(
  { fields, rows, usable, minimumRows, events, coefficients }: DataFigures,
  task: LearningTask,
): Finding[] {
  const findings: Finding[] = [];
  const say = (level: Finding["level"], text: string) => findings.push({ field: null, level, text });
  if (usable < minimumRows) {
    const cause = task.missing === "drop-row" ? "with a label and without a gap" : "with a label";
    const worst = [...fields].sort((a, b) => a.readable - b.readable)[0];
    const where = worst === undefined || worst.readable >= minimumRows ? "" : `; ${worst.name} has the most gaps`;
    say("fail", `${usable} of ${rows} rows are usable (${cause}), the charter needs ${minimumRows}${where}`);
  }
  if (task.algorithm.name === "released") return findings;
  if (usable - coefficients < LEAST_RESIDUAL_DEGREES || coefficients > usable * MOST_COEFFICIENTS_PER_ROW) {
    say("fail", `${coefficients} coefficients are too many for ${usable} usable rows`);
  } else if (events < coefficients * EVENTS_PER_COEFFICIENT) {
    const what = { logistic: "rows of the rarer label", poisson: "rows with a count above 0", linear: "usable rows" };
    say(
      "warning",
      `${events} ${what[task.family]} for ${coefficients} coefficients: under ${EVENTS_PER_COEFFICIENT} each, so a model of this borough alone would not hold; those of all boroughs add up`,
    );
  }
  return findings;
}

function adviceFor({ type, unreadable, otherCodes }: FieldFigures): string {
  if (type === "category") {
    return `${atMost(otherCodes)} different codes are not the charter's; translate them by codes in the mapping`;
  }
  const { "out-of-range": outside, "not-a-number": words, "not-a-count": fractions } = unreadable;
  if (fractions > Math.max(outside, words)) return "counts are whole and not below 0";
  return outside > words
    ? "they lie outside least and most; check the unit"
    : "they are no plain numbers (no comma, no thousands separator, a point for decimals); check the export";
}

function atMost(codes: number): string {
  return codes === MANY_CODES ? `${MANY_CODES} or more` : String(codes);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
