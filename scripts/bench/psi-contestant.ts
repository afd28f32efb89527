/** One way to count what two sets share. The timed part is a call of `countCommon`, so it does both parties' work. */
export interface PsiContestant {
  readonly name: string;
  /** Before each timed call: what a process that has been up for a while has ready. */
  readonly prepare?: () => Promise<void>;
  /** Of values that stand once in each set. */
  readonly countCommon: (left: readonly string[], right: readonly string[]) => number | Promise<number>;
}
