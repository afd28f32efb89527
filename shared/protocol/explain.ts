import { cascadeFields, owners, type Charter } from "./charter.ts";
import { MESSAGES, MESSAGE_TYPES, type MessageType } from "./messages.ts";

/**
 * A charter in plain words for whoever must approve or refuse it: what would leave this building, to whom, who could
 * open it, and which columns it is made from. Made from the same catalogue that the egress gate obeys.
 */
export interface CharterExplanation {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly purpose: string;
  readonly publicBenefit: string;
  readonly thisParty: { readonly name: string; readonly roles: readonly string[]; readonly lawfulBasis: string };
  readonly fields: readonly string[];
  readonly leaves: readonly LeavingMessage[];
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

/** @param self this node's name; it must be a party */
export function explainCharter(charter: Charter, self: string): CharterExplanation {
  const party = charter.parties.find(({ id }) => id === self);
  const roles = party?.roles ?? [];
  const isOwner = roles.includes("owner");
  const sends: Record<MessageType, boolean> = {
    enrolment: false,
    decision: true,
    "preflight-answer": true,
    keys: true,
    list: isOwner,
    "pair-result": roles.includes("matcher"),
    shares: isOwner,
    "masked-input": isOwner,
    agree: isOwner,
    unmask: isOwner,
    "protected-result": roles.includes("opener"),
    abort: true,
  };
  const read = [...cascadeFields(charter), ...Object.keys(charter.dataset.attributes)];
  return {
    id: charter.id,
    version: charter.version,
    title: charter.title,
    purpose: charter.purpose,
    publicBenefit: charter.publicBenefit,
    thisParty: { name: self, roles, lawfulBasis: party?.lawfulBasis ?? "not a party" },
    fields: read,
    leaves: MESSAGE_TYPES.filter((type) => sends[type]).map((type) => ({
      type,
      to: recipientText(charter, type),
      openableBy: MESSAGES[type].openableBy,
      encodes: MESSAGES[type].encodes,
      fields: MESSAGES[type].fromRecords ? read : [],
      protection: MESSAGES[type].protection,
      kept: keptText(charter, type),
    })),
  };
}

function recipientText(charter: Charter, type: MessageType): string {
  const names = (role: "owner" | "matcher") =>
    charter.parties
      .filter(({ roles }) => roles.includes(role))
      .map(({ id }) => id)
      .join(", ");
  switch (MESSAGES[type].recipient) {
    case "coordinator":
      return `the coordinator, ${charter.coordinator.name}`;
    case "matcher":
      return `for each pair of boroughs, one matcher drawn by lot from: ${names("matcher")}`;
    case "owner":
      return `the two boroughs of the pair, out of: ${names("owner")}`;
  }
}

function keptText(charter: Charter, type: MessageType): string {
  const { releaseYears, ledgerYears } = charter.retention;
  if (type === "protected-result") return `${releaseYears} years, with the release`;
  if (type === "list" || type === "pair-result")
    return "at the coordinator, sealed, until the recipient has opened it or the round ends";
  if (type === "decision") return `${ledgerYears} years, with the charter`;
  return "until the round ends";
}

/** For the terminal. */
export function explanationText(charter: Charter, explanation: CharterExplanation): string {
  const { controls, operation } = charter;
  const lines = [
    `${explanation.title}  (${explanation.id}, version ${explanation.version})`,
    "",
    `Why:      ${explanation.purpose}`,
    `Benefit:  ${explanation.publicBenefit}`,
    `Here:     ${explanation.thisParty.name} is ${explanation.thisParty.roles.join(", ") || "no party"}; lawful basis: ${explanation.thisParty.lawfulBasis}`,
    `Parties:  ${charter.parties.map(({ id, roles }) => `${id} (${roles.join(", ")})`).join("; ")}`,
    `In force: ${charter.validFrom} to ${charter.validTo}, review ${charter.reviewDate}`,
    "",
    `Columns read, of dataset ${charter.dataset.name}: ${explanation.fields.join(", ")}. Nothing else is read.`,
    `People match where one of ${operation.cascade.length} keys is equal, best first:`,
    ...operation.cascade.map(
      ({ key, of }) => `  ${key}: ${of.map(({ field, as }) => `${field} as ${as.join(" ")}`).join(" + ")}`,
    ),
    "",
    "What would leave this building",
    ...explanation.leaves.flatMap((message) => [
      "",
      `  ${message.type}`,
      `    what:      ${message.encodes}`,
      `    to:        ${message.to}`,
      `    opened by: ${message.openableBy}`,
      `    from:      ${message.fields.length === 0 ? "no column" : message.fields.join(", ")}`,
      `    shielded:  ${message.protection}`,
      `    kept:      ${message.kept}`,
    ]),
    "",
    "What is published in the end",
    `  ${operation.outputs.join(" and ")} over all pairs of at least ${Math.max(controls.minimumContributors, 3)} of ${owners(charter).length} boroughs;`,
    `  figures from 1 to ${controls.minimumCount - 1} are withheld as [c], others rounded to the nearest ${controls.roundTo}.`,
    "",
    "What this does not protect against",
    "  Matched with a salt shared by each pair: the pair's matcher and one of its two boroughs, if they cheat together,",
    "  can test guesses against the other's list.",
    "  All boroughs but one, if they cheat together, learn the last one's share of the sum. The openers see the sum",
    "  before small figures are withheld.",
  ];
  return lines.join("\n");
}
