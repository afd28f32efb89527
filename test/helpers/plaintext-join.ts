import type { CascadeKey } from "../../shared/matching/match-key.ts";
import type { PopulationRow } from "../../shared/matching/population.ts";

/**
 * What a match means, by plain strings and nested loops: the oracle of the tests. It shares no code with
 * shared/matching, knows no digest, tag, padding or order, and must stay too simple to be wrong.
 */
export interface PlainPopulation {
  readonly fields: readonly string[];
  readonly cascade: readonly CascadeKey[];
  readonly collapse: "none" | "reference";
}

export interface PlainMatch {
  readonly leftRow: number;
  readonly rightRow: number;
  readonly key: number;
  readonly leftLabel: number;
  readonly rightLabel: number;
}

export interface PlainUnit {
  readonly row: number;
  readonly label: number;
  /** Text of each key; null where it is missing or not unique. */
  readonly keys: readonly (string | null)[];
}

export function plainJoin(
  left: readonly PopulationRow[],
  right: readonly PopulationRow[],
  population: PlainPopulation,
): PlainMatch[] {
  const [leftUnits, rightUnits] = [plainUnits(left, population), plainUnits(right, population)];
  const takenLeft = new Set<PlainUnit>();
  const takenRight = new Set<PlainUnit>();
  const matches: PlainMatch[] = [];
  for (const key of population.cascade.keys()) {
    for (const a of leftUnits) {
      for (const b of rightUnits) {
        if (a.keys[key] === null || a.keys[key] !== b.keys[key]) continue;
        if (takenLeft.has(a) || takenRight.has(b)) continue;
        takenLeft.add(a);
        takenRight.add(b);
        matches.push({ leftRow: a.row, rightRow: b.row, key, leftLabel: a.label, rightLabel: b.label });
      }
    }
  }
  return matches;
}

/** The units that enter: collapsed, values that stand twice gone, nobody who is or shares a key with a no_match. */
export function plainUnits(rows: readonly PopulationRow[], population: PlainPopulation): PlainUnit[] {
  const units = (population.collapse === "none" ? [...rows] : collapse(rows)).map((row) => ({
    ...row,
    keys: population.cascade.map((key) =>
      plainKey(key, (field) => row.values[population.fields.indexOf(field)] ?? null),
    ),
  }));
  const sharing = (unit: (typeof units)[number], key: number) =>
    units.filter((other) => unit.keys[key] !== null && other.keys[key] === unit.keys[key]);
  return units
    .filter((unit) => !unit.noMatch && unit.keys.every((_, key) => sharing(unit, key).every((other) => !other.noMatch)))
    .map((unit) => ({
      row: unit.row,
      label: unit.label,
      keys: unit.keys.map((text, key) => (sharing(unit, key).length === 1 ? text : null)),
    }));
}

function collapse(rows: readonly PopulationRow[]): PopulationRow[] {
  const units: PopulationRow[] = [];
  for (const row of rows) {
    const group = rows.filter((other) => other.reference !== null && other.reference === row.reference);
    if (row.reference === null) units.push(row);
    else if (group[0] === row) {
      units.push({
        ...row,
        values: row.values.map(
          (_, index) => group.find((member) => (member.values[index] ?? null) !== null)?.values[index] ?? null,
        ),
        label: Math.min(...group.map(({ label }) => label)),
        noMatch: group.some(({ noMatch }) => noMatch),
      });
    }
  }
  return units;
}

/** The components side by side, or null where one is missing. */
function plainKey(key: CascadeKey, valueOf: (field: string) => string | null): string | null {
  const parts = key.of.map(({ field, as }) => {
    const value = valueOf(field);
    return value === null ? null : plainComponent(value, as);
  });
  return parts.some((part) => part === null || part === "") ? null : JSON.stringify(parts);
}

/** Only what the tests' cascades use, on values that are in standard form already. */
function plainComponent(value: string, as: readonly string[]): string | null {
  const [year, month, day] = value.split("-");
  switch (as.join(" ")) {
    case "fold":
    case "postcode":
    case "identifier":
      return value.replaceAll(" ", "");
    case "fold first:1":
      return value.slice(0, 1);
    case "day month year":
      return day === undefined ? null : `${day}-${month}-${year}`;
    case "year":
      return day === undefined ? null : year!;
    case "sector":
      return value.includes(" ") ? value.slice(0, -2) : null;
    default:
      throw new Error(`the oracle does not know the transforms ${as.join(", ")}`);
  }
}
