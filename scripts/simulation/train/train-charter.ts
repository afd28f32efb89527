import type { PublishedModel } from "../../../shared/learning/published-model.ts";
import { hmoAttributes, hmoFeatures, hmoLabel } from "../../generator/hmo-learning.ts";
import type { SimulatedDocuments } from "../network.ts";
import {
  NOTHING_SENSITIVE,
  omit,
  policyFromFile,
  readPart,
  record,
  SIMULATED_DAYS,
  type ForceDays,
  type Part,
} from "../scenario-parts.ts";
import { EVALUATE, evaluateParts, judgedModel } from "./evaluate-charter.ts";
import type { TrainParty } from "./train-boroughs.ts";
import type { TrainScenario } from "./train-scenario.ts";

/**
 * A learning scenario's charter and policy as complete documents, as scenario-charter.ts makes those of a match. Under
 * the permissive policy a scenario may go below the network's floors; then the charter itself says "not for release".
 */
export interface TrainDocuments extends SimulatedDocuments {
  /** Of the charter. */
  readonly id: string;
  readonly testDataset: string;
  /** The model that the scenario has evaluated, which every node must hold; none in a training. */
  readonly judged: readonly PublishedModel[];
}

/** The name under which rows to evaluate on are imported. */
export function testDatasetOf(scenario: TrainScenario): string {
  const isGenerated = scenario.boroughs !== undefined && "generate" in scenario.boroughs;
  const { name } = record(readPart(scenario)["dataset"]);
  return `${typeof name === "string" ? name : isGenerated ? HOMES.name : DATASET}-test`;
}

const ID = "simulated";
const DATASET = "rows";
const FLOORS = { minimumRows: 100, minimumLevelCount: 10 };

/** @param force when the charter is in force */
export function trainDocuments(
  scenario: TrainScenario,
  parties: readonly TrainParty[],
  force: ForceDays = SIMULATED_DAYS,
): TrainDocuments {
  const part = readPart(scenario);
  const isGenerated = scenario.boroughs !== undefined && "generate" in scenario.boroughs;
  const rows: Part = { name: DATASET, unit: "person", ...(isGenerated ? HOMES : {}), ...record(part["dataset"]) };
  const name = String(rows["name"]);
  const testDataset = `${name}-test`;
  const judged = judgedModel(scenario, part);
  const own =
    judged === null
      ? trainParts(scenario, part, rows, parties.some(({ heldOut }) => heldOut !== undefined) ? testDataset : null)
      : evaluateParts(judged, part, rows, omit(CONTROLS, ["minimumLevelCount"]));
  const controls: Part = { ...own.controls, ...record(part["controls"]) };
  const isBelow = Object.entries(FLOORS).some(([floor, least]) => Number(controls[floor] ?? least) < least);
  if (isBelow && scenario.policy === "permissive") controls["notForRelease"] = true;
  const draft = {
    format: "portmoot/charter/v1",
    id: ID,
    version: 1,
    title: "A simulated model",
    purpose: "A simulation: no charter between boroughs, no data of people.",
    publicBenefit: "Shows how a model would be learned before one is agreed on.",
    requester: { role: "researcher", organisation: "simulation" },
    ...omit(part, ["dataset", "operation", "controls", "deadlines", "retention", "sensitivity"]),
    sensitivity: { ...NOTHING_SENSITIVE, ...record(part["sensitivity"]) },
    parties: parties.map(({ name: id, roles }) => ({ id, roles, lawfulBasis: "none needed", legalGateway: null })),
    dataset: own.dataset,
    operation: own.operation,
    controls,
    deadlines: { preflightMinutes: 5, stepMinutes: 30, roundHours: 24, ...record(part["deadlines"]) },
    retention: { ...RETENTION, ...own.retention, ...record(part["retention"]) },
    ...force,
    reviewDate: force.validTo,
  };
  return {
    // A charter file may bring its own.
    id: typeof part["id"] === "string" ? part["id"] : ID,
    dataset: name,
    testDataset,
    judged: judged === null ? [] : [judged],
    draft: JSON.stringify(draft),
    policy: policyFor(scenario, name, testDataset, Object.keys(record(own.dataset.attributes))),
  };
}

/** What a training has of its own. @param testDataset where the boroughs have rows to evaluate on */
function trainParts({ boroughs }: TrainScenario, part: Part, dataset: Part, testDataset: string | null) {
  const isGenerated = boroughs !== undefined && "generate" in boroughs;
  const operation = { ...(isGenerated ? HOMES_MODEL : {}), ...record(part["operation"]) };
  return {
    dataset,
    operation: completeOperation(operation, testDataset),
    controls: CONTROLS,
    retention: { modelDays: 365 },
  };
}

const declared = [hmoLabel, ...hmoFeatures] as const;
const HOMES = {
  name: "properties",
  unit: "property",
  attributes: Object.fromEntries(declared.map((name) => [name, hmoAttributes[name]])),
};
/** A ridge, because few unlicensed HMOs are known; rows with gaps stay, because most have one. */
const HOMES_MODEL = {
  label: { attribute: hmoLabel },
  features: hmoFeatures,
  missing: "indicator",
  algorithm: { name: "logistic", l2: 1 },
};

function completeOperation(operation: Part, testDataset: string | null): Part {
  const evaluate = operation["evaluate"];
  return {
    missing: "drop-row",
    standardise: "pooled",
    outputs: ["coefficients", "standard-errors", "deviance", "aic"],
    ...operation,
    algorithm: completeAlgorithm(record(operation["algorithm"])),
    ...(evaluate === undefined
      ? {}
      : {
          evaluate: {
            ...EVALUATE,
            ...(testDataset === null ? {} : { dataset: testDataset }),
            ...record(evaluate),
          },
        }),
  };
}

const NEWTON = { l2: 0, firth: false, tolerance: 1e-10, maximumIterations: 25 };

function completeAlgorithm(algorithm: Part): Part {
  const { name = "logistic" } = algorithm;
  const isNewton = name === "logistic" || name === "linear" || name === "poisson";
  return isNewton ? { name: "logistic", ...NEWTON, ...algorithm } : algorithm;
}

function policyFor(
  { policy, folder }: TrainScenario,
  dataset: string,
  testDataset: string,
  attributes: readonly string[],
): (coordinatorKey: string) => string {
  if (policy !== "default" && policy !== "permissive") return policyFromFile(policy, folder);
  const isPermissive = policy === "permissive";
  return (coordinatorKey) =>
    JSON.stringify({
      format: "portmoot/policy/v1",
      coordinators: [coordinatorKey],
      allow: [
        {
          dataset,
          operations: ["train", "evaluate"],
          protocols: {},
          fields: [],
          attributes,
          outputs: ["model", "evaluation"],
          notForRelease: isPermissive,
          evaluates: [testDataset],
          parties: "*",
        },
      ],
      floors: {
        minimumContributors: 3,
        minimumCount: 10,
        roundTo: 5,
        minimumPopulation: 100,
        minimumRows: isPermissive ? 1 : FLOORS.minimumRows,
      },
      budgetPerYear: { rho: 0, delta: 0 },
      rounds: { perDay: 100, perCharter: 100 },
    });
}

const CONTROLS = {
  minimumContributors: 3,
  minimumCount: 10,
  roundTo: 5,
  ...FLOORS,
  publicDigits: 4,
  privacyBudget: null,
  maximumRounds: 4,
  minimumDaysBetweenRounds: 0,
};
const RETENTION = { keys: "round-end", snapshotDays: 90, releaseYears: 5, ledgerYears: 7 };
