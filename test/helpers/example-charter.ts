import { sha256 } from "../../shared/crypto/hash.ts";
import { generateSigningKey, type SigningKey } from "../../shared/crypto/signature.ts";
import { parseCharter, type Charter } from "../../shared/protocol/charter.ts";
import { rootKeyText } from "../../shared/protocol/identity.ts";
import { parsePolicyText, type Policy } from "../../shared/protocol/policy.ts";

/** A charter like design's example, as far as this version goes, with keys that can sign. */
export const NOW_MS = Date.UTC(2027, 0, 15);
export const CLOCK = { nowMs: () => NOW_MS };

/** The same key for the same name, in every test. */
export function keyOf(name: string): SigningKey {
  return generateSigningKey({ bytes: (length) => sha256(new TextEncoder().encode(name)).slice(0, length) });
}

function party(id: string, ...roles: string[]) {
  return {
    id,
    roles,
    rootKey: rootKeyText(keyOf(id).publicKey),
    lawfulBasis: "UK GDPR Art 6(1)(e)",
    legalGateway: {
      citation: "Example Act s.1",
      scope: "council tax reductions",
      confirmedBy: "Borough solicitor",
      confirmedOn: "2026-10-01",
      expires: "2027-09-30",
    },
  };
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A fresh copy, for a test to change. */
export function exampleDocument(): Record<string, Json> {
  return structuredClone({
    format: "portmoot/charter/v1",
    id: "council-tax-double-residence",
    version: 1,
    title: "Two sole-occupier discounts for one person",
    purpose: "Find people who claim the single person discount at two addresses in different boroughs.",
    publicBenefit: "Discounts go to those entitled to them.",
    sensitivity: {
      specialCategory: false,
      children: false,
      criminal: false,
      vulnerableGroup: false,
      novelMethod: true,
      automatedRanking: false,
    },
    requester: { role: "counter-fraud lead", organisation: "camden" },
    coordinator: { name: "London coordination desk", rootKey: rootKeyText(keyOf("coordinator").publicKey) },
    parties: [
      party("camden", "owner", "matcher"),
      party("newham", "owner", "matcher"),
      party("hackney", "owner", "matcher", "opener"),
      { ...party("gla", "matcher", "opener"), lawfulBasis: "none needed", legalGateway: null },
    ],
    dataset: {
      name: "council-tax",
      unit: "account",
      collapse: "none",
      fields: ["reference", "forename", "surname", "date_of_birth", "postcode", "nino", "no_match"],
      attributes: {
        discount: { type: "category", codes: ["none", "single-person", "student", "other"] },
        status: { type: "category", codes: ["open", "closed"] },
      },
    },
    operation: {
      kind: "match",
      protocol: "single-salt",
      population: { where: [{ attribute: "status", in: ["open"] }] },
      label: { attribute: "discount" },
      cascade: [
        {
          key: "nino-year",
          of: [
            { field: "nino", as: ["identifier"] },
            { field: "date_of_birth", as: ["year"] },
          ],
        },
        {
          key: "initial-surname-dob-sector",
          of: [
            { field: "forename", as: ["fold", "first:1"] },
            { field: "surname", as: ["fold"] },
            { field: "date_of_birth", as: ["day", "month", "year"] },
            { field: "postcode", as: ["sector"] },
          ],
        },
      ],
      outputs: ["total", "table"],
    },
    controls: {
      minimumContributors: 3,
      minimumCount: 10,
      roundTo: 5,
      minimumPopulation: 100,
      smallCounts: "pool",
      privacyBudget: null,
      maximumRounds: 4,
      minimumDaysBetweenRounds: 28,
      listCap: 400_000,
    },
    deadlines: { preflightMinutes: 1440, matchMinutes: 240, stepMinutes: 15, roundHours: 48 },
    retention: {
      keys: "round-end",
      tags: "round-end",
      snapshotDays: 30,
      ownSideListDays: 180,
      releaseYears: 5,
      ledgerYears: 7,
    },
    validFrom: "2026-12-01",
    validTo: "2027-11-30",
    reviewDate: "2027-05-31",
  });
}

/** The document with `path` ("controls.roundTo", "parties.0.id") set, or removed where `value` is undefined. */
export function changed(path: string, value: Json | undefined): Record<string, Json> {
  const document = exampleDocument();
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = document;
  for (const key of keys) at = at[key] as Record<string, Json>;
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else Reflect.deleteProperty(at, last);
  return document;
}

export function exampleCharter(): Charter {
  return parseCharter(exampleDocument());
}

/** Allows the example. */
export function examplePolicyDocument(): Record<string, Json> {
  const fields = ["forename", "surname", "date_of_birth", "postcode", "nino"];
  return structuredClone({
    format: "portmoot/policy/v1",
    coordinators: [rootKeyText(keyOf("coordinator").publicKey)],
    allow: [
      {
        dataset: "council-tax",
        operations: ["match", "count"],
        protocols: { "single-salt": fields, "double-salt": "*" },
        fields,
        attributes: ["discount", "status"],
        outputs: ["total", "table"],
        parties: "*",
      },
    ],
    floors: { minimumContributors: 3, minimumCount: 10, roundTo: 5, minimumPopulation: 100, minimumRows: 100 },
    budgetPerYear: { rho: 0.08815, delta: 0.000001 },
    rounds: { perDay: 4, perCharter: 12 },
  });
}

export function examplePolicy(): Policy {
  return parsePolicyText(JSON.stringify(examplePolicyDocument()));
}

/** The message of the error that `run` throws, which must be one of ours. */
export function refusal(run: () => unknown): { code: string; message: string; hint: string | null } {
  try {
    run();
  } catch (error) {
    if (error instanceof Error && error.name === "ProtocolError") {
      return error as unknown as { code: string; message: string; hint: string | null };
    }
    throw error;
  }
  throw new Error("nothing was refused");
}
