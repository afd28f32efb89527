/** Figures of a released evaluation as people read them. Two openers signed them; their shape is taken as it comes. */

export interface NamedFigure {
  readonly name: string;
  readonly figure: string;
}

type Loose = Readonly<Record<string, unknown>>;

/** Of all rows: what was asked for, the figures at so many rows from the top, and the largest gaps between groups. */
export function metricFigures(result: unknown): NamedFigure[] {
  const evaluation = partOf(result, "evaluation");
  const top = listOf(evaluation["top"]);
  return [
    ...figuresOf(evaluation),
    ...figuresOf(partOf(evaluation, "calibration")).map((own) => named(`calibration ${own.name}`, own.figure)),
    ...top.flatMap(({ k, ...figures }) =>
      figuresOf(figures).map((own) => named(`${own.name} at ${String(k)}`, own.figure)),
    ),
    ...listOf(evaluation["groups"]).flatMap(({ attribute, gaps }) =>
      groupOf(gaps, top).map((own) => named(`largest gap in ${own.name} by ${String(attribute)}`, own.figure)),
    ),
  ];
}

/** The same by group. */
export function groupFigures(result: unknown): (NamedFigure & { readonly group: string })[] {
  const evaluation = partOf(result, "evaluation");
  const top = listOf(evaluation["top"]);
  return listOf(evaluation["groups"]).flatMap(({ attribute, values }) =>
    listOf(values).flatMap(({ value, ...figures }) =>
      groupOf(figures, top).map((own) => ({ group: `${String(attribute)} ${String(value)}`, ...own })),
    ),
  );
}

/** A group's figures; `recallAt` goes along with the evaluation's `top`. */
function groupOf(figures: unknown, top: readonly Loose[]): NamedFigure[] {
  const { recallAt, ...others } = isLoose(figures) ? figures : {};
  const atTop = Array.isArray(recallAt) ? (recallAt as unknown[]) : [];
  return [
    ...figuresOf(others),
    ...top.flatMap(({ k }, place) => {
      const figure = figureText(atTop[place]);
      return figure === null ? [] : [named(`recall at ${String(k)}`, figure)];
    }),
  ];
}

function figuresOf(part: Loose): NamedFigure[] {
  const places = Object.keys(WORDS);
  return Object.entries(part)
    .sort(([a], [b]) => places.indexOf(a) - places.indexOf(b))
    .flatMap(([name, value]) => {
      const figure = figureText(value);
      return figure === null ? [] : [named(WORDS[name] ?? name, figure)];
    });
}

/** The document's names as people write them, in the order in which they are read. */
const WORDS: Readonly<Record<string, string>> = {
  rows: "rows",
  positives: "positives",
  accuracy: "accuracy",
  auc: "AUC",
  brier: "Brier score",
  inTheLarge: "in the large",
  meanError: "mean error",
  rootMeanSquaredError: "root mean squared error",
  rSquared: "R squared",
  meanDeviance: "mean deviance",
  devianceExplained: "deviance explained",
};

function named(name: string, figure: string): NamedFigure {
  return { name, figure };
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function partOf(value: unknown, name: string): Loose {
  const part = isLoose(value) ? value[name] : undefined;
  return isLoose(part) ? part : {};
}

function listOf(value: unknown): Loose[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isLoose) : [];
}

/** A number, a withheld figure, or the range that a figure lies in. */
function figureText(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  if (value === "c") return "[c]";
  if (value === "z") return "[z]";
  if (!isLoose(value)) return null;
  const { least, most } = value;
  return typeof least === "number" && typeof most === "number" ? `between ${least} and ${most}` : null;
}
