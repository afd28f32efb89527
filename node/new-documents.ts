import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { textToBytes } from "../shared/base/bytes.ts";
import { replaceFile } from "./home.ts";

/** The documents that `node init` writes for people to edit, and the one line of them that `node enrol` fills in. */
export function configText(name: string): string {
  return `# This node's configuration. Secrets come by environment, never by this file.
# The borough's name in charters.
name: ${name}
`;
}

export function emptyPolicyText(): string {
  return `# What this borough's node may ever take part in, whoever approves. Nothing is permitted until it stands under
# \`allow\`; without this file nothing is permitted at all. A charter must pass all of it.
format: portmoot/policy/v1
# Filled in by \`portmoot node enrol\`.
coordinators: []
# For example:
#   - dataset: council-tax
#     operations: [match]
#     # Which fields may stand in a key under which protocol. With single-salt the matcher and one owner together can
#     # try guesses on the other owner's rows: name only fields whose disclosure is bearable, such as uprn.
#     protocols: { single-salt: [uprn, company_number], double-salt: "*" }
#     fields: [uprn]
#     attributes: [discount]
#     # own-side-list only under double-salt, unless \`singleSaltLists: true\` stands here too.
#     outputs: [total, table]
#     parties: "*"
allow: []
# May tighten the network's floors, never loosen them.
floors: { minimumContributors: 3, minimumCount: 10, roundTo: 5, minimumPopulation: 100, minimumRows: 100 }
budgetPerYear: { rho: 0, delta: 0 }
rounds: { perDay: 4, perCharter: 12 }
`;
}

/** Adds a coordinator's key to the policy, comments and all else as they were. A missing policy stays missing: refuse. */
export function nameCoordinator(policyPath: string, coordinatorKey: string): void {
  if (!existsSync(policyPath)) return;
  const policy = parseDocument(readFileSync(policyPath, "utf8"));
  const present: unknown = (policy.toJS() as Record<string, unknown> | null)?.["coordinators"];
  const keys = Array.isArray(present) ? (present as unknown[]) : [];
  if (policy.errors.length > 0 || keys.includes(coordinatorKey)) return;
  policy.set("coordinators", [...keys, coordinatorKey]);
  replaceFile(policyPath, textToBytes(policy.toString({ lineWidth: 120 })));
}
