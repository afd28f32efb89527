import { z } from "zod";
import { parseShape } from "../base/shape.ts";
import type { CountControls } from "../disclosure/protect-count.ts";
import type { MatchCharter } from "./charter.ts";
import { charterPopulations, codesOf } from "./job.ts";
import { pairStatements, readPairFigures } from "./pair-figures.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released figure: a rounded count, or "c", confidential. */
const figure = z.union([z.number().int().min(0), z.literal("c")]);
type Figure = z.infer<typeof figure>;

const releasedResult = z.object({
  total: figure.nullable(),
  table: z
    .object({
      left: z.number().int(),
      right: z.number().int(),
      triangular: z.boolean(),
      cells: z.array(figure),
    })
    .nullable(),
  contributors: z.number().int(),
});

export interface ReleasedResult extends z.infer<typeof releasedResult> {
  /** By charter position; null where the charter asks for none. */
  readonly pairs: readonly { readonly left: number; readonly right: number; readonly figure: Figure }[] | null;
}

/** @throws ProtocolError "malformed" */
export function parseReleasedResult({ result }: ProtectedResult): ReleasedResult {
  const statements = pairStatements(result);
  const pairs =
    statements === null
      ? null
      : readPairFigures(statements).map(({ pair: [left, right], figure: shown }) => ({ left, right, figure: shown }));
  return { ...parseShape(releasedResult, result, "released result"), pairs };
}

/** What a reader needs beside the figures. */
export interface ResultNames {
  readonly labels: { readonly left: readonly string[]; readonly right: readonly string[] } | null;
  readonly parties: readonly string[];
  readonly ordered: boolean;
  readonly controls: CountControls;
}

export function resultNames(charter: MatchCharter): ResultNames {
  const { label } = charter.operation;
  const [left, right] =
    label === undefined ? [] : "attribute" in label ? [label.attribute, label.attribute] : [label.left, label.right];
  return {
    labels:
      left === undefined || right === undefined
        ? null
        : { left: codesOf(charter, left), right: codesOf(charter, right) },
    parties: charter.parties.map(({ id }) => id),
    ordered: charterPopulations(charter) === "left-right",
    controls: charter.controls,
  };
}

/** For people: withheld figures as [c], never blank and never 0. */
export function resultText(released: ReleasedResult, names: ResultNames): string {
  const { total, table, pairs, contributors } = released;
  const { minimumCount, roundTo } = names.controls;
  const rules = `${contributors} boroughs; figures under ${minimumCount} withheld as [c], others rounded to ${roundTo}`;
  const parts = [
    total === null ? `(${rules})` : `matches over all pairs: ${shown(total)}   (${rules})`,
    ...(table === null ? [] : [tableText(table, names)]),
    ...(pairs === null ? [] : [pairsText(pairs, names)]),
  ];
  return parts.join("\n\n");
}

function tableText(table: NonNullable<ReleasedResult["table"]>, { labels }: ResultNames): string {
  const name = (side: "left" | "right", index: number) => labels?.[side][index] ?? `label ${index}`;
  const width = Math.max(5, ...Array.from({ length: table.left }, (_, i) => name("left", i).length));
  const columns = Array.from({ length: table.right }, (_, j) => name("right", j));
  const lines = [`${" ".repeat(width)}  ${columns.map((column) => column.padStart(8)).join("  ")}`];
  let cell = 0;
  for (let i = 0; i < table.left; i++) {
    const cells = columns.map((column, j) => {
      const text = table.triangular && j < i ? "" : shown(table.cells[cell++] ?? "c");
      return text.padStart(Math.max(8, column.length));
    });
    lines.push(`${name("left", i).padEnd(width)}  ${cells.join("  ")}`);
  }
  return lines.join("\n");
}

function pairsText(pairs: NonNullable<ReleasedResult["pairs"]>, { parties, ordered }: ResultNames): string {
  const name = (position: number) => parties[position] ?? `party ${position}`;
  const lines = pairs.map(
    ({ left, right, figure: value }) =>
      [`${name(left)} ${ordered ? "to" : "and"} ${name(right)}`, shown(value)] as const,
  );
  const width = Math.max(...lines.map(([pair]) => pair.length));
  const heading = "matches of each pair, [c] also where nearly a whole borough's rows would match";
  return [heading, ...lines.map(([pair, value]) => `${pair.padEnd(width)}  ${value.padStart(8)}`)].join("\n");
}

function shown(value: Figure): string {
  return value === "c" ? "[c]" : String(value);
}
