import type { RandomSource } from "../../shared/base/clock.ts";
import { encodeValue } from "../../shared/base/encoding.ts";
import { assert } from "../../shared/base/errors.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import { nextModelBody } from "../../shared/protocol/round-messages.ts";
import { cpuSeconds, median } from "./harness.ts";
import { fitStart, speedRows, speedTask, type RowsAsked } from "./learning-rows.ts";
import { COORDINATOR_STEPS, NODE_STEPS, runSum, type SumRun } from "./sum-parties.ts";

/**
 * One step of a fit over a whole network: every node's pass over its rows, the secure sum, an opener's Newton step. All
 * parties are in this process, one after the other; seconds are of processor time of the party named.
 */
export interface StepAsked extends RowsAsked {
  readonly nodes: number;
  readonly runs: number;
  readonly random: RandomSource;
}

export interface StepFigures {
  readonly nodes: number;
  readonly rows: number;
  readonly parameters: number;
  /** Of the step's sum. */
  readonly words: number;
  readonly passSeconds: number;
  /** A node's part of the secure sum. */
  readonly maskSeconds: number;
  readonly coordinatorSeconds: number;
  readonly openSeconds: number;
  readonly newtonSeconds: number;
  /** One after the other: a step's processor time where every party has a core of its own. */
  readonly stepSeconds: number;
  /** Of one node and step: bodies, without the round's own notices, its journal's heads and the wire's framing. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What each of the two openers gets beside. */
  readonly openingBytes: number;
}

export function measureStep(asked: StepAsked): StepFigures {
  const { nodes, rows, random } = asked;
  const task = speedTask(asked);
  const learner = createNewtonLearner(task);
  const rowsOf = (node: number) => speedRows(task, rows, node);
  const { state, memory } = fitStart(learner, nodes, rowsOf);
  const { words } = learner.layout(state);

  const runs = Array.from({ length: asked.runs }, () => {
    const passes = Array.from({ length: nodes }, (_, node) => {
      const own = rowsOf(node);
      return timed(() => learner.contribute(state, own));
    });
    const sum = runSum({ nodes, words, dropOuts: 0, input: (node) => passes[node]!.done, random });
    const { done: learned, seconds: newtonSeconds } = timed(() => learner.learn(state, memory, sum.sum, nodes));
    assert(learned.kind === "next", "a first step leads to a second");
    const body = { jobKey: new Uint8Array(32), members: passes.map((_, node) => node), state: learned.state };
    return {
      passSeconds: median(passes.map(({ seconds }) => seconds)),
      maskSeconds: median(nodeSeconds(sum)),
      coordinatorSeconds: coordinatorSeconds(sum),
      openSeconds: sum.openSeconds,
      newtonSeconds,
      sum,
      stateBytes: encodeValue(nextModelBody.parse(body)).length,
    };
  });
  const of = (figure: (run: (typeof runs)[number]) => number) => median(runs.map(figure));
  const parts = {
    passSeconds: of((run) => run.passSeconds),
    maskSeconds: of((run) => run.maskSeconds),
    coordinatorSeconds: of((run) => run.coordinatorSeconds),
    openSeconds: of((run) => run.openSeconds),
    newtonSeconds: of((run) => run.newtonSeconds),
  };
  const [{ sum, stateBytes }] = runs as [(typeof runs)[number]];
  return {
    nodes,
    rows,
    parameters: asked.features + 1,
    words,
    ...parts,
    stepSeconds: Object.values(parts).reduce((total, seconds) => total + seconds, 0),
    sentBytes: sum.sentBytes,
    // The next state comes as two openers signed it.
    receivedBytes: sum.receivedBytes + 2 * stateBytes,
    openingBytes: sum.openingBytes,
  };
}

/** Processor time of each node's steps together. */
export function nodeSeconds({ nodes }: SumRun): number[] {
  return nodes.map((own) => NODE_STEPS.reduce((total, step) => total + own[step], 0));
}

export function coordinatorSeconds({ coordinator }: SumRun): number {
  return COORDINATOR_STEPS.reduce((total, step) => total + coordinator[step], 0);
}

function timed<T>(work: () => T): { readonly done: T; readonly seconds: number } {
  const before = cpuSeconds();
  const done = work();
  return { done, seconds: cpuSeconds() - before };
}
