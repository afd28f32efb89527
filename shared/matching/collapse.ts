import type { PopulationRow } from "./population-row.ts";

/** Different references held at once: a few hundred bytes each with their values. */
const HELD_REFERENCES = 500_000;
/** Beyond so many parts of the references a part is held whatever its size. */
const MAX_PARTS = 65_536;

/** References whose hash leaves `rest` divided by `parts`: what one pass over the rows merges. */
interface Part {
  readonly parts: number;
  readonly rest: number;
}

/**
 * Rows with equal reference as one unit: the first value there is of each field, the least label, at risk if any row is.
 * Rows without a reference stay units of their own. Where there are more references than `held`, half of them wait for a
 * further pass over the rows, so that memory does not grow with the population.
 * @param rows to be read several times, the same each time
 */
export function* collapseByReference(rows: Iterable<PopulationRow>, held = HELD_REFERENCES): Generator<PopulationRow> {
  const waiting: Part[] = [{ parts: 1, rest: 0 }];
  for (let isFirst = true, part = waiting.pop(); part !== undefined; isFirst = false, part = waiting.pop()) {
    const { rest } = part;
    let { parts } = part;
    const units = new Map<string, PopulationRow>();
    for (const row of rows) {
      if (row.reference === null) {
        if (isFirst) yield row;
        continue;
      }
      if (parts > 1 && hashText(row.reference) % parts !== rest) continue;
      const known = units.get(row.reference);
      units.set(row.reference, known === undefined ? row : mergeRows(known, row));
      if (units.size <= held || parts === MAX_PARTS) continue;
      waiting.push({ parts: parts * 2, rest: rest + parts });
      parts *= 2;
      for (const reference of units.keys()) if (hashText(reference) % parts !== rest) units.delete(reference);
    }
    yield* units.values();
  }
}

function mergeRows(first: PopulationRow, next: PopulationRow): PopulationRow {
  return {
    row: first.row,
    reference: first.reference,
    values: first.values.map((value, index) => value ?? next.values[index] ?? null),
    label: Math.min(first.label, next.label),
    noMatch: first.noMatch || next.noMatch,
  };
}

/** FNV-1a over UTF-16 code units: references of one's own rows, which nobody aims at a part. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
