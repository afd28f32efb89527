import { median } from "../bench/harness.ts";

/** What the HMO demonstration found: plain figures, for its text (hmo-report.ts) and its plot (hmo-chart.ts). */
export interface HmoFacts {
  readonly boroughs: readonly BoroughQuality[];
  /** The borough whose analyst's list is shown. */
  readonly list: RankedList;
}

export interface BoroughQuality {
  readonly title: string;
  /** Rows with a label, and of these the HMOs that inspections found. */
  readonly labelled: number;
  readonly found: number;
  /** HMOs among its rows that were inspected at random: on few of them a borough's own figures are rough. */
  readonly cases: number;
  /** Of the borough's own rows only; null where none could be learned. */
  readonly alone: Quality | null;
  readonly federated: Quality;
  /** Learned in the open from all boroughs' rows. */
  readonly pooled: Quality;
}

/** On the borough's rows that were inspected at random. */
export interface Quality {
  readonly auc: number;
  /** HMOs among the hundred that score highest, as a multiple of evenly drawn ones. */
  readonly lift: number;
}

export interface RankedList {
  readonly title: string;
  /** Highest score first. */
  readonly rows: readonly {
    readonly reference: string;
    readonly score: number;
    /** What moved the score most, in log odds against an average property. */
    readonly reasons: readonly { readonly name: string; readonly contribution: number }[];
  }[];
}

export type Model = "alone" | "federated" | "pooled";

/** Of one measure over boroughs; those without a model of their own are left out of `alone`. Null where none is left. */
export function medianOf(facts: HmoFacts, model: Model, measure: keyof Quality): number | null {
  const values = facts.boroughs.flatMap((borough) => borough[model]?.[measure] ?? []);
  return values.length === 0 ? null : median(values);
}
