/**
 * The demonstration's charter and policy, as a coordinator operator and a borough would write them. The policy allows
 * what the charter asks: double-salt, or single-salt for synthetic people, which the default policy forbids for persons.
 */
export interface DemoKey {
  readonly key: string;
  readonly of: readonly { readonly field: string; readonly as: readonly string[] }[];
}

const NAMES = [
  { field: "forename", as: ["fold"] },
  { field: "surname", as: ["fold"] },
];
const BIRTH = { field: "date_of_birth", as: ["day", "month", "year"] };

/** For the generated residents: a number first, then names with date of birth, then names with postcode. */
export const RESIDENT_CASCADE: readonly DemoKey[] = [
  {
    key: "nino-year",
    of: [
      { field: "nino", as: ["identifier"] },
      { field: "date_of_birth", as: ["year"] },
    ],
  },
  { key: "names-dob-postcode", of: [...NAMES, BIRTH, { field: "postcode", as: ["postcode"] }] },
  { key: "names-dob", of: [...NAMES, BIRTH] },
];

const PHONE = { field: "phone", as: ["digits"] };
const CITY = { field: "locality", as: ["fold"] };
const FORENAME = NAMES[0]!;
const SURNAME = NAMES[1]!;

/** For the five open files: names, date of birth, phone and city. */
export const FIVE_PARTY_CASCADE: readonly DemoKey[] = [
  { key: "names-dob", of: [...NAMES, BIRTH] },
  { key: "phone", of: [PHONE] },
  { key: "surname-dob", of: [SURNAME, BIRTH] },
  { key: "forename-dob", of: [FORENAME, BIRTH] },
  { key: "names-city", of: [...NAMES, CITY] },
];

export type MatchProtocol = "double-salt" | "single-salt";

export interface DemoCharter {
  readonly id: string;
  readonly title: string;
  readonly boroughs: readonly string[];
  readonly cascade: readonly DemoKey[];
  /** double-salt unless something else is asked for. */
  readonly protocol?: MatchProtocol;
  /** total and table unless something else is asked for. */
  readonly outputs?: readonly string[];
  /** Parties among the boroughs that have no rows: they match and open. */
  readonly withoutData?: readonly string[];
  /** The attribute whose codes label rows and columns of the table. */
  readonly label: { readonly attribute: string; readonly codes: readonly string[] };
  readonly validFrom: string;
  readonly validTo: string;
  readonly deadlines?: Readonly<Record<string, number>>;
  readonly controls?: Readonly<Record<string, number>>;
}

function outputsOf({ outputs }: DemoCharter): readonly string[] {
  return outputs ?? ["total", "table"];
}

function rolesOf({ withoutData = [] }: DemoCharter, name: string, position: number): string[] {
  if (withoutData.includes(name)) return ["matcher", "opener"];
  return position < 3 ? ["owner", "matcher", "opener"] : ["owner", "matcher"];
}

/** As long as anything is kept in a demonstration or a simulation. */
export const RETENTION = {
  keys: "round-end",
  tags: "round-end",
  snapshotDays: 30,
  ownSideListDays: 180,
  releaseYears: 5,
  ledgerYears: 7,
};

/** The draft that `coordinator charter propose` completes; JSON is YAML. */
export function draftCharter(demo: DemoCharter): string {
  const fields = [...new Set(demo.cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  return JSON.stringify(
    {
      format: "portmoot/charter/v1",
      id: demo.id,
      version: 1,
      title: demo.title,
      purpose: "Show on synthetic people how boroughs count their common residents without showing them.",
      publicBenefit:
        "Officers, reviewers and residents can see what a matching round does before a real one is agreed.",
      sensitivity: {
        specialCategory: false,
        children: false,
        criminal: false,
        vulnerableGroup: false,
        novelMethod: true,
        automatedRanking: false,
      },
      requester: { role: "demonstration", organisation: demo.boroughs[0] },
      parties: demo.boroughs.map((id, position) => ({
        id,
        roles: rolesOf(demo, id, position),
        lawfulBasis: "none needed: synthetic people",
        legalGateway: null,
      })),
      dataset: {
        name: "residents",
        unit: "person",
        collapse: "none",
        fields: ["reference", ...fields, "no_match"],
        attributes: outputsOf(demo).includes("table")
          ? { [demo.label.attribute]: { type: "category", codes: demo.label.codes } }
          : {},
      },
      operation: {
        kind: "match",
        protocol: demo.protocol ?? "double-salt",
        population: { where: [] },
        ...(outputsOf(demo).includes("table") ? { label: { attribute: demo.label.attribute } } : {}),
        cascade: demo.cascade,
        outputs: outputsOf(demo),
      },
      controls: {
        minimumContributors: 3,
        minimumCount: 10,
        roundTo: 5,
        minimumPopulation: 100,
        smallCounts: "pool",
        privacyBudget: null,
        maximumRounds: 4,
        minimumDaysBetweenRounds: 0,
        listCap: 400_000,
        ...demo.controls,
      },
      deadlines: { preflightMinutes: 5, matchMinutes: 10, stepMinutes: 2, roundHours: 1, ...demo.deadlines },
      retention: RETENTION,
      validFrom: demo.validFrom,
      validTo: demo.validTo,
      reviewDate: demo.validTo,
    },
    null,
    2,
  );
}

/** Both documents of a demonstration, for a simulation: in force while it runs. */
export function demoDocuments(
  demo: Omit<DemoCharter, "boroughs" | "withoutData" | "validFrom" | "validTo">,
  boroughs: readonly { readonly name: string; readonly csv: string | null }[],
) {
  const complete: DemoCharter = {
    ...demo,
    boroughs: boroughs.map(({ name }) => name),
    withoutData: boroughs.flatMap(({ name, csv }) => (csv === null ? [name] : [])),
    validFrom: "2026-11-01",
    validTo: "2026-12-31",
  };
  return {
    dataset: "residents",
    draft: draftCharter(complete),
    policy: (coordinatorKey: string) => demoPolicy(complete, coordinatorKey),
  };
}

/** The borough's own policy for the demonstration; `coordinators` is filled in by enrolment. */
export function demoPolicy(demo: DemoCharter, coordinatorKey: string): string {
  const fields = [...new Set(demo.cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  return JSON.stringify(
    {
      format: "portmoot/policy/v1",
      coordinators: [coordinatorKey],
      allow: [
        {
          dataset: "residents",
          operations: ["match"],
          protocols: demo.protocol === "single-salt" ? { "single-salt": fields } : { "double-salt": "*" },
          fields,
          attributes: [demo.label.attribute],
          outputs: outputsOf(demo),
          singleSaltLists: demo.protocol === "single-salt",
          parties: "*",
        },
      ],
      floors: { minimumContributors: 3, minimumCount: 10, roundTo: 5, minimumPopulation: 100, minimumRows: 100 },
      budgetPerYear: { rho: 0.08815, delta: 0.000001 },
      rounds: { perDay: 100, perCharter: 100 },
    },
    null,
    2,
  );
}
