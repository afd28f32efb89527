/** Columns as wide as their widest cell: the first to the left, figures to the right. A row may be shorter. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
    )
    .join("\n");
}

/** 1234567 → "1,234,567" */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 1 ? 3 : 1)} s`;
}

/** Megabytes of 10^6; "?" where the system does not tell. */
export function formatMegabytes(bytes: number): string {
  return bytes === 0 ? "?" : `${Math.round(bytes / 1e6)} MB`;
}

/** Kilobytes of 10^3. */
export function formatKilobytes(bytes: number): string {
  return `${formatCount(bytes / 1e3)} kB`;
}
