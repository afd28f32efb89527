/** Figures of a released evaluation as people read them. Two openers signed them; their shape is taken as it comes. */

/** The evaluation's figures as lines; what is an object or a list of them has its own place elsewhere. */
export function metricFigures(result: unknown): { name: string; figure: string }[] {
  const evaluation = (result as { evaluation?: Record<string, unknown> }).evaluation ?? {};
  return Object.entries(evaluation).flatMap(([name, value]) => {
    const figure = figureText(value);
    return figure === null ? [] : [{ name, figure }];
  });
}

/** The same by group. */
export function groupFigures(result: unknown): { group: string; name: string; figure: string }[] {
  const evaluation = (result as { evaluation?: { groups?: unknown } }).evaluation;
  const groups = Array.isArray(evaluation?.groups) ? (evaluation.groups as Record<string, unknown>[]) : [];
  return groups.flatMap(({ attribute, values }) =>
    (Array.isArray(values) ? (values as Record<string, unknown>[]) : []).flatMap(({ value, ...figures }) =>
      Object.entries(figures).flatMap(([name, shown]) => {
        const figure = figureText(shown);
        return figure === null ? [] : [{ group: `${String(attribute)} ${String(value)}`, name, figure }];
      }),
    ),
  );
}

/** A number, a withheld figure, or the range that a figure lies in. */
function figureText(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  if (value === "c") return "[c]";
  if (value === "z") return "[z]";
  if (typeof value !== "object" || value === null) return null;
  const { least, most } = value as { least?: unknown; most?: unknown };
  return typeof least === "number" && typeof most === "number" ? `between ${least} and ${most}` : null;
}
