import {
  cascadeFields,
  derivedColumns,
  isMatch,
  isTraining,
  owners,
  type Charter,
  type LearningCharter,
  type MatchCharter,
} from "./charter.ts";
import { leastContributors } from "./job.ts";
import { belongsTo, isNodeToNode, MESSAGES, MESSAGE_TYPES, type MessageType } from "./messages.ts";

/**
 * A charter in plain words for whoever must approve or refuse it: what this node would read, what would leave this
 * building, to whom, who could open it, and what stays unprotected. The facts about messages come from the same
 * catalogue that the egress gate obeys and the ledger prints; the text (explain-text.ts) adds no claim to them.
 */
export interface CharterExplanation {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly purpose: string;
  readonly publicBenefit: string;
  readonly thisParty: {
    readonly name: string;
    readonly roles: readonly string[];
    readonly lawfulBasis: string;
    readonly legalGateway: string;
  };
  readonly sensitivity: readonly string[];
  /** Empty where this party contributes no rows. */
  readonly reads: readonly ColumnUse[];
  /** Fields that the charter names and no step uses. */
  readonly notUsed: readonly string[];
  readonly leaves: readonly LeavingMessage[];
  readonly publishes: {
    readonly outputs: readonly string[];
    readonly minimumContributors: number;
    readonly owners: number;
    readonly withheldBelow: number;
    readonly roundedTo: number;
  };
}

export interface ColumnUse {
  readonly column: string;
  readonly for: readonly string[];
}

export interface LeavingMessage {
  readonly type: MessageType;
  readonly to: string;
  readonly openableBy: string;
  readonly encodes: string;
  readonly fields: readonly string[];
  readonly protection: string;
  readonly kept: string;
}

const SENSITIVITY: Readonly<Record<keyof Charter["sensitivity"], string>> = {
  specialCategory: "special category data",
  children: "data about children",
  criminal: "criminal offence data",
  vulnerableGroup: "a vulnerable group",
  novelMethod: "a method that is new here",
  automatedRanking: "automated ranking of people",
};

/** @param self this node's name; one that is no party sends nothing */
export function explainCharter(charter: Charter, self: string): CharterExplanation {
  const party = charter.parties.find(({ id }) => id === self);
  const roles = party?.roles ?? [];
  const sends = messagesOf(roles, charter.operation);
  const derived = derivedColumns(charter);
  const uses = isMatch(charter) ? matchUses(charter) : learningUses(charter);
  const used = new Set(uses.map(({ column }) => column));
  const { controls, operation } = charter;
  const ownerCount = owners(charter).length;
  return {
    id: charter.id,
    version: charter.version,
    title: charter.title,
    purpose: charter.purpose,
    publicBenefit: charter.publicBenefit,
    thisParty: {
      name: self,
      roles,
      lawfulBasis: party?.lawfulBasis ?? "not a party",
      legalGateway: gatewayText(party?.legalGateway ?? null),
    },
    sensitivity: (Object.keys(SENSITIVITY) as (keyof typeof SENSITIVITY)[])
      .filter((kind) => charter.sensitivity[kind])
      .map((kind) => SENSITIVITY[kind]),
    reads: roles.includes("owner") ? uses : [],
    notUsed: isMatch(charter) ? charter.dataset.fields.filter((column) => !used.has(column)) : [],
    leaves: sends.map((type) => ({
      type,
      to: recipientText(charter, type),
      openableBy: MESSAGES[type].openableBy,
      encodes: MESSAGES[type].encodes,
      // As the ledger names them, for parties without rows too: what they pass on derives from others' records.
      fields: MESSAGES[type].fromRecords ? derived : [],
      protection: MESSAGES[type].protection,
      kept: keptText(charter, type),
    })),
    publishes: {
      outputs: operation.outputs,
      minimumContributors: leastContributors(charter),
      owners: ownerCount,
      withheldBelow: controls.minimumCount,
      roundedTo: controls.roundTo,
    },
  };
}

/** In the order of the catalogue. Enrolment came before any charter. */
function messagesOf(roles: readonly string[], operation: Charter["operation"]): MessageType[] {
  if (roles.length === 0) return [];
  const isOwner = roles.includes("owner");
  const sends: Record<MessageType, boolean> = {
    enrolment: false,
    decision: true,
    "preflight-answer": true,
    keys: true,
    list: isOwner,
    "masked-list": isOwner,
    "remasked-list": isOwner,
    "payload-digest": isOwner,
    "pair-size": isOwner,
    "pair-result": roles.includes("matcher"),
    "pair-figure": roles.includes("matcher"),
    "own-side-list": roles.includes("matcher"),
    shares: isOwner,
    "masked-input": isOwner,
    agree: isOwner,
    unmask: isOwner,
    "next-model": roles.includes("opener"),
    "protected-result": roles.includes("opener"),
    abort: true,
  };
  return MESSAGE_TYPES.filter((type) => sends[type] && belongsTo(type, operation));
}

/** Every column the node would read, and what for. `no_match` is read whether or not the charter declares it. */
function matchUses(charter: MatchCharter): ColumnUse[] {
  const { operation, dataset } = charter;
  const { use, all } = collectUses();
  for (const field of cascadeFields(charter)) use(field, "to recognise the same person or thing");
  const populations = "population" in operation ? [operation.population] : [operation.left, operation.right];
  for (const { where } of populations) {
    for (const { attribute, in: codes } of where) use(attribute, `to choose rows: only ${codes.join(", ")}`);
  }
  if (operation.label !== undefined) {
    for (const attribute of Object.values(operation.label)) use(attribute, "as rows and columns of the table");
  }
  if (dataset.collapse === "reference") use("reference", "to merge rows with the same reference; it is not sent");
  use("no_match", "to leave people out who must not be matched; it is not sent");
  return all();
}

function learningUses(charter: LearningCharter): ColumnUse[] {
  const { use, all } = collectUses();
  const { label, features, evaluate } = charter.operation;
  const as = isTraining(charter) ? "as what is learned" : "as what the model's scores are held against";
  use(label.attribute, `${as}${label.positive === undefined ? "" : `: positive where ${label.positive}`}`);
  for (const feature of features) use(feature, "as a feature of the model");
  for (const group of evaluate?.groups ?? []) use(group, "to see whether the model serves groups alike");
  return all();
}

/** Columns in the order of their first use, each with every purpose once. */
function collectUses() {
  const uses = new Map<string, string[]>();
  return {
    use: (column: string, purpose: string): void => {
      const known = uses.get(column) ?? [];
      if (!known.includes(purpose)) uses.set(column, [...known, purpose]);
    },
    all: (): ColumnUse[] => [...uses].map(([column, purposes]) => ({ column, for: purposes })),
  };
}

function gatewayText(gateway: Charter["parties"][number]["legalGateway"]): string {
  if (gateway === null) return "none named";
  const { citation, scope, confirmedBy, confirmedOn, expires } = gateway;
  return `${citation}, for ${scope}; confirmed by ${confirmedBy} on ${confirmedOn}, until ${expires}`;
}

function recipientText(charter: Charter, type: MessageType): string {
  const names = (role: "owner" | "matcher" | "opener") =>
    charter.parties
      .filter(({ roles }) => roles.includes(role))
      .map(({ id }) => id)
      .join(", ");
  switch (MESSAGES[type].recipient) {
    case "coordinator":
      return `the coordinator, ${charter.coordinator.name}`;
    case "matcher":
      return `for each pair of boroughs, one matcher drawn by lot from: ${names("matcher")}`;
    case "partner":
      return `the other borough of each pair, out of: ${names("owner")}`;
    case "owner":
      return `the two boroughs of the pair, out of: ${names("owner")}`;
    case "opener":
      return `the openers: ${names("opener")}`;
  }
}

function keptText(charter: Charter, type: MessageType): string {
  const { releaseYears, ledgerYears } = charter.retention;
  if (type === "protected-result") return `${releaseYears} years, with the release`;
  if (type === "own-side-list") {
    return "at the coordinator, sealed, until the owner has opened it; then there as the charter says of own-side lists";
  }
  if (isNodeToNode(type)) return "at the coordinator, sealed, until the recipient has opened it or the round ends";
  if (type === "decision") return `${ledgerYears} years, with the charter`;
  if (MESSAGES[type].volatile) return "in the coordinator's memory only, until the round ends";
  return "until the round ends";
}
