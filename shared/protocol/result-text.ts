import { z } from "zod";
import { bytesToHex } from "../base/bytes.ts";
import { parseShape } from "../base/shape.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released figure: a rounded count, or "c", confidential. */
const figure = z.union([z.number().int().min(0), z.literal("c")]);

const releasedResult = z.object({
  total: figure,
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
export type ReleasedResult = z.infer<typeof releasedResult>;

/** @throws ProtocolError "malformed" */
export function parseReleasedResult(signed: ProtectedResult): ReleasedResult {
  return parseShape(releasedResult, signed.result, "released result");
}

/** For `--json`. */
export function resultFacts(round: Uint8Array, signed: ProtectedResult) {
  return { round: bytesToHex(round), ...parseReleasedResult(signed) };
}

/** For people: withheld figures as [c], never blank and never 0. */
export function resultText(
  signed: ProtectedResult,
  labels?: { left: readonly string[]; right: readonly string[] },
): string {
  const { total, table, contributors } = parseReleasedResult(signed);
  const shown = (value: number | "c" | undefined) => (value === "c" || value === undefined ? "[c]" : String(value));
  const lines = [
    `matches over all pairs: ${shown(total)}   (${contributors} boroughs; figures under 10 withheld as [c], others rounded to 5)`,
  ];
  if (table !== null) {
    const name = (side: "left" | "right", index: number) => labels?.[side][index] ?? `label ${index}`;
    const width = Math.max(5, ...Array.from({ length: table.left }, (_, i) => name("left", i).length));
    const columns = Array.from({ length: table.right }, (_, j) => name("right", j));
    lines.push("", `${" ".repeat(width)}  ${columns.map((column) => column.padStart(8)).join("  ")}`);
    let cell = 0;
    for (let i = 0; i < table.left; i++) {
      const cells = columns.map((column, j) => {
        const text = table.triangular && j < i ? "" : shown(table.cells[cell++]);
        return text.padStart(Math.max(8, column.length));
      });
      lines.push(`${name("left", i).padEnd(width)}  ${cells.join("  ")}`);
    }
  }
  return lines.join("\n");
}
