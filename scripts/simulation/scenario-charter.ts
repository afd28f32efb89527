import { MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { RETENTION } from "../demo-charter.ts";
import type { SimulatedDocuments } from "./network.ts";
import type { ScenarioParty } from "./scenario-boroughs.ts";
import {
  NOTHING_SENSITIVE,
  omit,
  policyFromFile,
  readPart,
  record,
  type ForceDays,
  type Part,
} from "./scenario-parts.ts";
import type { Scenario } from "./scenario.ts";

/**
 * A scenario's charter and policy as complete documents: what the scenario leaves out is filled from the boroughs and
 * from defaults, and then read by the very parsers that a real charter and a real policy go through.
 */
export interface ScenarioDocuments extends SimulatedDocuments {
  /** Of the charter. */
  readonly id: string;
  /** Keys of a cascade that no borough has the fields for. */
  readonly leftOut: readonly string[];
}

interface CascadeKey {
  readonly key: string;
  readonly of: readonly { readonly field: string; readonly as: readonly string[] }[];
}

const TEXTS = {
  purpose: "A simulation: no charter between boroughs, no data of people.",
  publicBenefit: "Shows how a round would go before one is agreed on.",
};

export function scenarioDocuments(
  scenario: Scenario,
  parties: readonly ScenarioParty[],
  days: ForceDays,
): ScenarioDocuments {
  const part = readPart(scenario);
  const owners = parties.filter(({ csv }) => csv !== null);
  const available = new Set(owners.flatMap(({ fields }) => fields));
  const dataset: Part = {
    name: "people",
    unit: "person",
    collapse: "none",
    attributes: {},
    ...record(part["dataset"]),
  };
  const operation: Part = {
    kind: "match",
    protocol: "double-salt",
    cascade: "people",
    outputs: ["total"],
    ...record(part["operation"]),
  };
  if (operation["left"] === undefined) operation["population"] ??= { where: [] };
  const cascade = Array.isArray(operation["cascade"]) ? (operation["cascade"] as CascadeKey[]) : null;
  // What has not the shape of a key stays: the charter's own parser will name it.
  const isThere = ({ of }: Partial<CascadeKey>) => of?.every(({ field }) => available.has(field)) !== false;
  const leftOut = cascade?.filter((key) => !isThere(key)).map(({ key }) => key) ?? [];
  if (cascade !== null) operation["cascade"] = cascade.filter(isThere);
  const fields = dataset["fields"] ?? [...new Set<string>([...available, "reference", "no_match"])];
  const draft = {
    format: "portmoot/charter/v1",
    id: "simulated",
    version: 1,
    title: "A simulated round",
    ...TEXTS,
    requester: { role: "researcher", organisation: "simulation" },
    ...omit(part, ["dataset", "operation", "controls", "deadlines", "retention", "sensitivity"]),
    sensitivity: { ...NOTHING_SENSITIVE, ...record(part["sensitivity"]) },
    parties: parties.map(({ name, roles }) => ({ id: name, roles, lawfulBasis: "none needed", legalGateway: null })),
    dataset: { ...dataset, fields: onlyAvailable(fields, available) },
    operation,
    controls: { ...CONTROLS, ...record(part["controls"]) },
    deadlines: { ...DEADLINES, ...record(part["deadlines"]) },
    retention: { ...RETENTION, ...record(part["retention"]) },
    ...days,
    reviewDate: days.validTo,
  };
  const name = String(dataset["name"]);
  return {
    dataset: name,
    id: draft.id,
    draft: JSON.stringify(draft),
    policy: policyFor(scenario, name, [...available], Object.keys(record(dataset["attributes"]))),
    leftOut,
  };
}

/** A field that nobody has cannot stand in a key; which keys went for it the report says. */
function onlyAvailable(fields: unknown, available: ReadonlySet<string>): unknown {
  if (!Array.isArray(fields)) return fields;
  return fields.filter((field) => field === "no_match" || field === "reference" || available.has(String(field)));
}

/**
 * `default`: what a careful borough would allow, double-salt alone and a hundred rows at least. `permissive`: all that
 * the network's floors allow. Else a policy file, in which "*" among the coordinators stands for the simulated one.
 */
function policyFor(
  { policy, folder }: Scenario,
  dataset: string,
  fields: readonly string[],
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
          operations: ["match"],
          protocols: isPermissive ? { "double-salt": "*", "single-salt": "*" } : { "double-salt": "*" },
          fields,
          attributes,
          outputs: ["total", "table", "pair-matrix", "own-side-list"],
          singleSaltLists: isPermissive,
          parties: "*",
        },
      ],
      floors: {
        minimumContributors: 3,
        minimumCount: 10,
        roundTo: 5,
        minimumPopulation: isPermissive ? 20 : 100,
        minimumRows: isPermissive ? 1 : 100,
      },
      budgetPerYear: { rho: 0, delta: 0 },
      rounds: { perDay: 100, perCharter: 100 },
    });
}

const CONTROLS = {
  minimumContributors: 3,
  minimumCount: 10,
  roundTo: 5,
  minimumPopulation: 20,
  smallCounts: "pool",
  privacyBudget: null,
  maximumRounds: 4,
  minimumDaysBetweenRounds: 0,
  listCap: MAX_LIST_ROWS,
};
const DEADLINES = { preflightMinutes: 5, matchMinutes: 600, stepMinutes: 30, roundHours: 24 };
