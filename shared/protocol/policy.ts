import { z } from "zod";
import { MAX_LIST_ROWS, MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import {
  cascadeFields,
  isMatch,
  isTraining,
  type Charter,
  type LearningCharter,
  type MatchCharter,
} from "./charter.ts";
import { parseYaml } from "./charter-document.ts";

/**
 * A borough's own policy: what its node may ever take part in, whoever approves. Empty means nothing; no file means
 * nothing. A charter must pass all of it, and the decision names the rule that said no.
 */
const name = z.string().min(1).max(64);
const names = z.array(name).max(200);
const rootKey = z.string().regex(/^ed25519:[A-Za-z0-9_-]{43}$/, "expected ed25519: and 43 base64url characters");
/** "*" or the canonical fields that may stand in a key. */
const fields = z.union([z.literal("*"), names]);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

/** "model" is whatever learning releases: coefficients and figures about them; "evaluation", figures about a model that is there. */
const POLICY_OUTPUTS = ["total", "table", "pair-matrix", "own-side-list", "model", "evaluation"] as const;

const policy = z.strictObject({
  format: z.literal("portmoot/policy/v1"),
  coordinators: z.array(rootKey).max(10),
  allow: z
    .array(
      z.strictObject({
        dataset: name,
        operations: z.array(z.enum(["match", "count", "train", "evaluate"])),
        protocols: z.strictObject({ "single-salt": fields.optional(), "double-salt": fields.optional() }),
        fields: names,
        attributes: names,
        outputs: z.array(z.enum(POLICY_OUTPUTS)),
        /** Own-side lists under single-salt too, where the matcher could test guesses on either list. */
        singleSaltLists: z.boolean().optional(),
        /** Rehearsals with fewer rows than the network's floors: for synthetic or open data only. */
        notForRelease: z.boolean().optional(),
        /** Datasets, beside this one, that its models may be evaluated on. */
        evaluates: names.optional(),
        parties: z.union([z.literal("*"), names]),
      }),
    )
    .max(100),
  floors: z.strictObject({
    minimumContributors: whole(3, MAX_PARTIES),
    minimumCount: whole(10, 1_000_000),
    roundTo: whole(5, 1_000_000),
    minimumPopulation: whole(20, MAX_LIST_ROWS),
    minimumRows: whole(1, MAX_LIST_ROWS),
  }),
  budgetPerYear: z.strictObject({ rho: z.number().min(0), delta: z.number().min(0).max(1) }),
  rounds: z.strictObject({ perDay: whole(0, 1000), perCharter: whole(0, 1000) }),
});
export type Policy = z.infer<typeof policy>;

/** @throws ProtocolError "bad-input" naming line or field */
export function parsePolicyText(text: string): Policy {
  return parseShape(policy, parseYaml(text, "policy"), "policy", "bad-input");
}

export type PolicyDecision =
  { readonly allowed: true } | { readonly allowed: false; readonly rule: string; readonly detail: string };

/** Whether the borough's policy allows a charter at all, whatever its dates. */
export function decidePolicy(charter: Charter, policyOrNone: Policy | null, self: string): PolicyDecision {
  if (policyOrNone === null) return no("policy.missing", "this node has no policy file, so nothing is permitted");
  const own = policyOrNone;
  if (!own.coordinators.includes(charter.coordinator.rootKey)) {
    return no("policy.coordinators", "the charter's coordinator is not one of the policy's");
  }
  if (!charter.parties.some(({ id }) => id === self))
    return no("charter.parties", `${self} is not a party of the charter`);
  const entries = own.allow.filter(({ dataset }) => dataset === charter.dataset.name);
  if (entries.length === 0)
    return no(`policy.allow.${charter.dataset.name}`, "the policy allows nothing with this dataset");
  const decisions = entries.map((entry) => decideEntry(charter, entry));
  const refused = decisions[0]!;
  if (!decisions.some(({ allowed }) => allowed)) return refused;
  return decideFloors(charter, own.floors);
}

function decideFloors({ controls }: Charter, floors: Policy["floors"]): PolicyDecision {
  for (const [floor, least] of Object.entries(floors)) {
    // A floor of matching says nothing about learning, and the other way round.
    const value = (controls as Readonly<Record<string, unknown>>)[floor];
    if (typeof value === "number" && value < least) {
      return no(`policy.floors.${floor}`, `the charter has ${value}, the policy asks for ${least}`);
    }
  }
  return { allowed: true };
}

/**
 * Whether the policy lets one more round begin here.
 * @param begun rounds begun at this node, retries not counted: under this charter, and in the last 24 hours under any
 */
export function decideRounds(own: Policy, begun: { underCharter: number; lastDay: number }): PolicyDecision {
  const { perDay, perCharter } = own.rounds;
  if (begun.underCharter >= perCharter) {
    return no("policy.rounds.perCharter", `the policy allows ${perCharter} rounds under one charter`);
  }
  if (begun.lastDay >= perDay) return no("policy.rounds.perDay", `the policy allows ${perDay} rounds a day`);
  return { allowed: true };
}

function decideEntry(charter: Charter, entry: Policy["allow"][number]): PolicyDecision {
  const { operation, dataset, parties } = charter;
  if (!entry.operations.includes(operation.kind))
    return no(`policy.operations.${operation.kind}`, "operation not allowed");
  const decision = isMatch(charter) ? decideMatch(charter, entry) : decideLearning(charter, entry);
  if (!decision.allowed) return decision;
  for (const attribute of Object.keys(dataset.attributes)) {
    if (!entry.attributes.includes(attribute))
      return no(`policy.attributes.${attribute}`, `${attribute} may not be read`);
  }
  for (const { id } of parties) {
    if (entry.parties !== "*" && !entry.parties.includes(id))
      return no(`policy.parties.${id}`, `${id} may not take part`);
  }
  return { allowed: true };
}

function decideLearning(charter: LearningCharter, entry: Policy["allow"][number]): PolicyDecision {
  const output = isTraining(charter) ? "model" : "evaluation";
  if (!entry.outputs.includes(output)) return no(`policy.outputs.${output}`, `no ${output} may be made`);
  if (charter.controls.notForRelease === true && entry.notForRelease !== true) {
    return no("policy.notForRelease", "the charter goes under the network's floors, which is for open data only");
  }
  const other = isTraining(charter) ? charter.operation.evaluate?.dataset : undefined;
  return other === undefined || entry.evaluates?.includes(other) === true
    ? { allowed: true }
    : no(`policy.evaluates.${other}`, `models may not be evaluated on dataset ${other}`);
}

function decideMatch({ operation, dataset }: MatchCharter, entry: Policy["allow"][number]): PolicyDecision {
  const allowed = entry.protocols[operation.protocol];
  for (const field of cascadeFields({ operation })) {
    // Default: single-salt lets the matcher and one owner together test guesses, so each field must be named.
    if (allowed === undefined || (allowed !== "*" && !allowed.includes(field))) {
      return no(
        `policy.protocols.${operation.protocol}.${field}`,
        `${field} may not stand in a key under ${operation.protocol}`,
      );
    }
  }
  // Who is left out, and which rows are one unit's, every node knows and tells nobody.
  for (const field of dataset.fields.filter((each) => each !== "no_match" && each !== "reference")) {
    if (!entry.fields.includes(field)) return no(`policy.fields.${field}`, `${field} may not be read`);
  }
  for (const output of operation.outputs) {
    if (!entry.outputs.includes(output)) return no(`policy.outputs.${output}`, `${output} may not be made`);
  }
  if (operation.outputs.includes("own-side-list") && operation.protocol === "single-salt" && !entry.singleSaltLists) {
    return no("policy.singleSaltLists", "own-side-list may be made under double-salt only");
  }
  return { allowed: true };
}

function no(rule: string, detail: string): PolicyDecision {
  return { allowed: false, rule, detail };
}
