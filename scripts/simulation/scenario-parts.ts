import { resolve } from "node:path";
import { readDocument } from "../../shared/host/config.ts";
import { parseYaml } from "../../shared/protocol/charter-document.ts";
import { wrong } from "./scenario.ts";

/** What scenarios that match and scenarios that train have in common, on the way to a charter and a policy. */
export type Part = Record<string, unknown>;

/** The charter, or the parts of it, that the scenario names or holds. */
export function readPart({ charter, folder }: { readonly charter: string | Part; readonly folder: string }): Part {
  return typeof charter === "string"
    ? (parseYaml(readDocument(resolve(folder, charter)), charter) as Part)
    : structuredClone(charter);
}

/** A policy file, in which the simulated coordinator takes the place of those named. */
export function policyFromFile(policy: string, folder: string): (coordinatorKey: string) => string {
  const written = parseYaml(readDocument(resolve(folder, policy)), policy) as Part;
  if (!Array.isArray(written["coordinators"])) throw wrong("policy", `${policy} has no coordinators`);
  return (coordinatorKey) => JSON.stringify({ ...written, coordinators: [coordinatorKey] });
}

export const NOTHING_SENSITIVE = {
  specialCategory: false,
  children: false,
  criminal: false,
  vulnerableGroup: false,
  novelMethod: false,
  automatedRanking: false,
};

/** When a charter is in force, as dates. */
export interface ForceDays {
  readonly validFrom: string;
  readonly validTo: string;
}

/** Around the moment at which every simulation's clock begins. */
export const SIMULATED_DAYS: ForceDays = { validFrom: "2026-11-01", validTo: "2026-12-31" };

export function record(value: unknown): Part {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {};
}

export function omit(part: Part, keys: readonly string[]): Part {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !keys.includes(key)));
}
