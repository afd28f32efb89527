import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { createConsentStore } from "../../node/data/consent-store.ts";
import { readLearningRows } from "../../node/learning/rows.ts";
import { createSimulation, type SimulatedNetwork, type SimulatedNode } from "../../scripts/simulation/network.ts";
import { createSeededRandom } from "../../scripts/simulation/seeded.ts";
import { trainDocuments } from "../../scripts/simulation/train/train-charter.ts";
import type { TrainParty } from "../../scripts/simulation/train/train-boroughs.ts";
import { encodeValue, type Value } from "../../shared/base/encoding.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { charterDigest, isMatch, type LearningCharter } from "../../shared/protocol/charter.ts";
import { charterLearner, learningTask } from "../../shared/protocol/learning-task.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import {
  modelStatementsBody,
  nextModelBody,
  protectedResultBody,
  releaseBody,
} from "../../shared/protocol/round-messages.ts";
import type { Learner, PublicState } from "../../shared/learning/learner.ts";
import type { PublishedModel } from "../../shared/learning/published-model.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";

/** One made-up home: four features, and a label for each family. */
export interface Home {
  age: number;
  visits: number;
  exempt: "Y" | "N";
  tenure: "owned" | "rented" | "social";
  hmo: 0 | 1;
  cost: number;
  calls: number;
}

const ATTRIBUTES = ["age", "visits", "exempt", "tenure", "hmo", "cost", "calls"] as const;
const FEATURES = {
  age: { type: "number", unit: "years", least: 0, most: 120 },
  visits: { type: "number", unit: "visits", least: 0, most: 40 },
  exempt: { type: "flag", yes: ["Y"] },
  tenure: { type: "category", codes: ["owned", "rented", "social"] },
};
const LABELS = {
  logistic: { hmo: { type: "flag", yes: ["1"] } },
  linear: { cost: { type: "number", unit: "pounds", least: 0, most: 2000 } },
  poisson: { calls: { type: "number", unit: "calls", least: 0, most: 60 } },
};
export type Family = keyof typeof LABELS;

/** The same homes for the same seed and name. */
export function homesOf(seed: number, name: string, count: number): Home[] {
  const dice = new DataView(createSeededRandom(seed, `homes of ${name}`).bytes(count * 32).buffer);
  return Array.from({ length: count }, (_, row) => {
    const chance = (at: number) => (dice.getUint32(row * 32 + at * 4) + 0.5) / 2 ** 32;
    const age = Math.round(180 + 720 * chance(0)) / 10;
    const visits = Math.floor(-3 * Math.log(chance(1))) % 20;
    const exempt = chance(2) < 0.3 ? "Y" : "N";
    const tenure = (["owned", "rented", "social"] as const)[Math.floor(3 * chance(3))]!;
    const predictor = (age - 50) / 20 + 0.1 * visits - (exempt === "Y" ? 0.7 : 0) + (tenure === "rented" ? 0.6 : 0);
    const hmo = chance(4) < 1 / (1 + Math.exp(1 - predictor)) ? 1 : 0;
    const cost = Math.round(100 * (600 + 120 * predictor + 90 * (chance(5) + chance(6) - 1))) / 100;
    return {
      age,
      visits,
      exempt,
      tenure,
      hmo,
      cost,
      calls: Math.floor(-Math.log(chance(7)) * Math.exp(predictor / 2)),
    };
  });
}

export interface Training extends SimulatedNetwork {
  readonly charter: LearningCharter;
  readonly learner: Learner;
  readonly folder: string;
  /** What each owner learns from, in the order of the charter; none for a party without rows. */
  rows(): LearningRows[];
  /** Runs to the end and keeps every state that two openers signed, in order. */
  train(between?: (round: RoundRow) => Promise<void> | void): Promise<{ round: RoundRow; states: PublicState[] }>;
  cleanUp(): void;
}

/**
 * Boroughs with made-up homes under a charter that learns, agreed on and ready. The first three open the sums.
 * @param sizes rows of each borough @param homes changes a borough's homes before they are imported
 * @param thirdParty an opener without rows, instead of the third borough
 * @param judged a released model, which the charter then has judged instead of learning one; no node holds it yet
 * @param evaluate changes to how it is judged
 */
export async function startTraining(
  options: {
    family?: Family;
    sizes?: readonly number[];
    seed?: number;
    homes?: (homes: Home[], borough: number) => void;
    thirdParty?: string;
    judged?: PublishedModel;
    evaluate?: Record<string, unknown>;
    openers?: number;
    controls?: Record<string, unknown>;
    deadlines?: Record<string, unknown>;
    validTo?: string;
  } & Partial<Pick<Parameters<typeof createSimulation>[0], "wrapRelay" | "nodeLog">> = {},
): Promise<Training> {
  const { family = "logistic", sizes = [120, 150, 110, 140, 130], seed = 5, thirdParty, openers = 3 } = options;
  const folder = mkdtempSync(join(tmpdir(), "portmoot-training-"));
  const mapping = JSON.stringify({ attributes: Object.fromEntries(ATTRIBUTES.map((name) => [name, name])) });
  const parties = sizes.map((count, index): TrainParty => {
    const name = `borough-${index + 1}`;
    const csv = join(folder, `${name}.csv`);
    const homes = homesOf(seed, name, count);
    options.homes?.(homes, index);
    writeFileSync(csv, homesText(homes));
    const isOpener = index < openers - (thirdParty === undefined ? 0 : 1);
    return { name, csv, mapping, roles: isOpener ? ["owner", "opener"] : ["owner"], attributes: [...ATTRIBUTES] };
  });
  if (thirdParty !== undefined) {
    parties.push({ name: thirdParty, csv: null, mapping: "", roles: ["opener"], attributes: [] });
  }
  const [label] = Object.keys(LABELS[family]);
  const { judged } = options;
  if (judged !== undefined) writeFileSync(join(folder, "model.json"), JSON.stringify(judged));
  const metrics = family === "logistic" ? ["auc", "accuracy", "brier", "group-gaps"] : ["accuracy"];
  const charter = {
    dataset: { name: "homes", unit: "property", attributes: { ...FEATURES, ...LABELS[family] } },
    operation:
      judged === undefined
        ? {
            kind: "train",
            label: { attribute: label },
            features: Object.keys(FEATURES),
            algorithm: { name: family },
          }
        : { kind: "evaluate", model: "model.json", evaluate: { metrics, groups: ["tenure"], ...options.evaluate } },
    controls: { ...options.controls },
    deadlines: { ...options.deadlines },
  };
  const documents = trainDocuments(
    {
      format: "portmoot/scenario/v1",
      seed,
      charter,
      policy: "default",
      faults: [],
      compare: [],
      expect: "released",
      folder,
    },
    parties,
  );
  const { validTo } = options;
  const draft =
    validTo === undefined
      ? documents.draft
      : JSON.stringify({ ...(JSON.parse(documents.draft) as object), validTo, reviewDate: validTo });
  const network = await createSimulation({
    seed,
    boroughs: parties,
    documents: { ...documents, draft },
    coordinatorDb: join(folder, "coordinator.db"),
    ...(options.wrapRelay === undefined ? {} : { wrapRelay: options.wrapRelay }),
    ...(options.nodeLog === undefined ? {} : { nodeLog: options.nodeLog }),
  });
  if (isMatch(network.charter)) throw new Error("the charter learns");
  const agreed = network.charter;
  const task = learningTask(agreed);
  return Object.assign(network, {
    charter: agreed,
    learner: charterLearner(agreed),
    folder,
    rows: () => network.nodes.slice(0, sizes.length).map(({ db }) => readLearningRows(db, { dataset: "homes", task })),
    async train(between?: (round: RoundRow) => Promise<void> | void) {
      const states = new Map<number, PublicState>();
      // A round's identifier follows from the time of its launch.
      network.clock.advanceTo(network.clock.nowMs() + 1000);
      const round = await network.finish(await network.launch(), async (row) => {
        if (row.model !== null) states.set(row.attempt, stateOf(row.model));
        await between?.(row);
      });
      return { round, states: [...states].sort(([a], [b]) => a - b).map(([, state]) => state) };
    },
    cleanUp() {
      network.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

export function homesText(homes: readonly Home[]): string {
  return stringify([[...ATTRIBUTES], ...homes.map((home) => ATTRIBUTES.map((name) => String(home[name])))]);
}

/** The state in openers' statements, as the coordinator keeps and passes them on. */
export function stateOf(statements: Uint8Array): PublicState {
  return nextModelBody.parse(statementBody(modelStatementsBody.decode(statements)[0]!.statement)).state;
}

/** Bit for bit. */
export function textOf(value: Value): string {
  return bytesToHex(encodeValue(value));
}

export function publishedOf(round: RoundRow): Value {
  if (round.release === null) throw new Error(`the round is ${round.state}: ${round.reason ?? "no reason"}`);
  const { statements } = releaseBody.decode(round.release);
  return protectedResultBody.parse(statementBody(statements[0]!.statement)).result;
}

/** Nothing of the round is left at the node but public facts. */
export function leftBehind({ db, roundKeys }: SimulatedNode, round: Uint8Array) {
  const count = (table: string) => db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get();
  return { secrets: count("round_secrets"), results: count("results"), key: roundKeys.existing(round) };
}

/** People at a node take their approval back. */
export function withdraw(node: SimulatedNode, charter: LearningCharter, nowMs: number): void {
  const store = createConsentStore(node.db);
  const digest = charterDigest(charter);
  const { statement, person } = store.decision(digest)!;
  store.addDecision(digest, { decision: "refuse", person, statement, decidedMs: nowMs });
}
