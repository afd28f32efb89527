import { createRowWorkers } from "../../node/learning/row-workers.ts";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { assert } from "../../shared/base/errors.ts";
import { readParts } from "../../shared/learning/fixed-sum.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import { sliceRows } from "../../shared/learning/rows.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
import { cpuSeconds, median, medianRatio, runInTurns, type Contestant } from "./harness.ts";
import { fitStart, speedRows, speedTask, type RowsAsked } from "./learning-rows.ts";

/**
 * A node's pass over its rows for one fitting sum, in place and in worker threads, beside a plain loop of float64 sums
 * that rounds nothing to a grid, checks nothing and never flushes: what it costs that every split gives the same bits.
 */
export interface PassFigures {
  readonly name: string;
  /** Row-features (rows times columns of X, the intercept among them) a second of processor time. */
  readonly perSecond: number;
  readonly cpuSeconds: number;
  /** That passed. */
  readonly seconds: number;
  /** The processor time of the plain loop over this one's: below 1, exactness costs. */
  readonly timesAsFast: number;
}

interface Pass {
  readonly seconds: number;
  /** Null of the plain loop. */
  readonly words: BigUint64Array | null;
}

/** More than a worker's piece, so that threads are up; and enough for the compiler. */
const WARM_ROWS = 25_000;

export async function measurePass(asked: RowsAsked & { readonly runs: number }): Promise<PassFigures[]> {
  const task = speedTask(asked);
  const learner = createNewtonLearner(task);
  const rows = speedRows(task, asked.rows, 0);
  // At coefficients that are not all zero: after one step.
  const { state, memory } = fitStart(learner, 1, () => rows);
  const learned = learner.learn(state, memory, learner.contribute(state, rows), 1);
  assert(learned.kind === "next", "a first step leads to a second");
  const at = learned.state;
  const some = sliceRows(rows, 0, Math.min(rows.count, WARM_ROWS));

  const timed = async (pass: () => BigUint64Array | Promise<BigUint64Array>): Promise<Pass> => {
    const startedAt = performance.now();
    const words = await pass();
    return { seconds: (performance.now() - startedAt) / 1000, words };
  };
  const inPlace: Contestant<Pass> = { name: "in place", run: () => timed(() => learner.contribute(at, rows)) };
  const pools = [1, 2].map((threads) => ({ threads, workers: createRowWorkers({ threads }) }));
  const threaded = pools.map(({ threads, workers }): Contestant<Pass> => ({
    name: threads === 1 ? "one worker thread" : `${threads} worker threads`,
    // Idle threads go; starting one is not part of a pass.
    prepare: async () => {
      await workers.contribute(task, at, some);
    },
    run: () => timed(() => workers.contribute(task, at, rows)),
  }));
  let plainSums: PlainSums | null = null;
  const plain: Contestant<Pass> = {
    name: "plain float64 loop",
    run() {
      const startedAt = performance.now();
      plainSums = passPlainly(rows, at["coefficients"] as number[], workingColumns(at));
      return { seconds: (performance.now() - startedAt) / 1000, words: null };
    },
  };
  try {
    const contestants = [inPlace, ...threaded, plain];
    for (const { prepare, run } of contestants) {
      await prepare?.(0);
      await run();
    }
    const measured = await runInTurns(contestants, asked.runs, () => cpuSeconds() * 1000);
    const [known] = measured[0]!.results;
    for (const { words } of measured.flatMap(({ results }) => results)) {
      assert(words === null || isEqualBytes(bytesOf(words), bytesOf(known!.words!)), "threads give the same bits");
    }
    checkPlain(plainSums!, readParts(known!.words!, learner.layout(at).parts), rows.count);
    const last = measured.at(-1)!;
    return measured.map((each) => ({
      name: each.name,
      perSecond: (asked.rows * (asked.features + 1)) / each.medianSeconds,
      cpuSeconds: each.medianSeconds,
      seconds: median(each.results.map(({ seconds }) => seconds)),
      timesAsFast: medianRatio(last, each),
    }));
  } finally {
    for (const { workers } of pools) await workers.close();
  }
}

interface PlainSums {
  readonly information: Float64Array;
  readonly score: Float64Array;
}
interface WorkingColumn {
  readonly centre: number;
  readonly scale: number;
}

/** A feature x enters as (x − centre)/scale. */
function workingColumns({ design }: Readonly<Record<string, unknown>>): WorkingColumn[] {
  return (design as { kind: string; centre: number; scale: number }[]).map((own) => {
    if (own.kind === "flag") return { centre: 0, scale: 1 };
    // The features' declared range is 8 wide from −4: the state's constants are of (x + 4)/8.
    return { centre: own.centre * 8 - 4, scale: own.scale * 8 };
  });
}

/** X′WX, upper triangle row by row, and X′(y − μ), as one would write them down. */
function passPlainly(
  rows: LearningRows,
  coefficients: readonly number[],
  columns: readonly WorkingColumn[],
): PlainSums {
  const size = coefficients.length;
  const information = new Float64Array((size * (size + 1)) / 2);
  const score = new Float64Array(size);
  const x = new Float64Array(size);
  x[0] = 1;
  for (let row = 0; row < rows.count; row++) {
    for (let column = 1; column < size; column++) {
      const { centre, scale } = columns[column - 1]!;
      x[column] = (rows.features[column - 1]![row]! - centre) / scale;
    }
    let predictor = 0;
    for (let column = 0; column < size; column++) predictor += coefficients[column]! * x[column]!;
    const chance = 1 / (1 + Math.exp(-predictor));
    const weight = chance * (1 - chance);
    const residual = rows.label[row]! - chance;
    let place = 0;
    for (let i = 0; i < size; i++) {
      const left = weight * x[i]!;
      score[i]! += residual * x[i]!;
      for (let j = i; j < size; j++, place++) information[place]! += left * x[j]!;
    }
  }
  return { information, score };
}

/** Both sum the same figures, but for the grid's rounding and the floats'. */
function checkPlain(plain: PlainSums, exact: ReadonlyMap<string, Float64Array>, rows: number): void {
  for (const name of ["information", "score"] as const) {
    const furthest = plain[name].reduce(
      (most, value, index) => Math.max(most, Math.abs(value - exact.get(name)![index]!)),
      0,
    );
    assert(furthest < 1e-9 * rows, `the plain loop's ${name} is the exact one's, but for rounding`);
  }
}

function bytesOf(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
