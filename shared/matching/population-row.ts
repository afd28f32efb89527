/** A row of the population, standardised. `values` in the order of the fields asked for. */
export interface PopulationRow {
  readonly row: number;
  readonly values: readonly (string | null)[];
  readonly reference: string | null;
  /** Index of the row's label code; 0 without labels. */
  readonly label: number;
  readonly noMatch: boolean;
}
