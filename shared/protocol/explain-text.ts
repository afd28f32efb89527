import { transformWords } from "../matching/transforms.ts";
import { asksFor, isMatch, type Charter, type MatchCharter } from "./charter.ts";
import { learningKept, learningPublished, learningReading, learningUnprotected } from "./explain-learning-text.ts";
import type { CharterExplanation, LeavingMessage } from "./explain.ts";
import { points } from "./rehearsal-decision.ts";

/**
 * `charter explain` for the terminal, for a reader who decides about data and knows no cryptography: headings are
 * questions, a term is explained where the reader meets it, and what is not protected stands as plainly as what is.
 * Every word that comes from the charter is one line of plain text (plain-text.ts), so that none can pose as ours.
 */
export function explanationText(charter: Charter, explanation: CharterExplanation): string {
  return [
    ...opening(charter, explanation),
    ...reading(charter, explanation),
    ...leaving(charter, explanation),
    ...(isMatch(charter) ? publishing(explanation) : learningPublished(charter, explanation)),
    ...limits(charter),
    ...(isMatch(charter) ? unprotected(charter) : learningUnprotected(charter)),
  ].join("\n");
}

function opening(
  charter: Charter,
  { title, id, version, purpose, publicBenefit, thisParty, sensitivity }: CharterExplanation,
) {
  const { requester, parties, coordinator } = charter;
  return [
    `${title}  (${id}, version ${version})`,
    "",
    `Why:       ${purpose}`,
    `Benefit:   ${publicBenefit}`,
    `Asked by:  ${requester.role}, ${requester.organisation}`,
    `Parties:   ${parties.map(({ id: name, roles }) => `${name} (${roles.join(", ")})`).join("; ")}`,
    `Relay:     ${coordinator.name}, which passes messages on and adds up hidden numbers`,
    `Here:      ${thisParty.name} is ${thisParty.roles.join(", ") || "no party"}`,
    `Basis:     ${thisParty.lawfulBasis}`,
    `Gateway:   ${thisParty.legalGateway}`,
    `Sensitive: ${sensitivity.join(", ") || "the proposer declares none of: special category, children, criminal, vulnerable group"}`,
    `In force:  ${charter.validFrom} to ${charter.validTo}, review ${charter.reviewDate}`,
    "",
    `An owner contributes rows. ${isMatch(charter) ? "A matcher compares two boroughs' scrambled lists. " : ""}An opener sees the sum over all`,
    "boroughs and publishes it only after small figures are withheld.",
  ];
}

function reading(charter: Charter, { reads, notUsed }: CharterExplanation): string[] {
  const { dataset } = charter;
  if (reads.length === 0) return ["", "What would be read here", "  Nothing: this party contributes no rows."];
  return [
    "",
    `What would be read here, from the dataset ${dataset.name} (one ${dataset.unit} a row)`,
    ...reads.map(({ column, for: purposes }) => `  ${column}: ${purposes.join("; ")}`),
    `  Nothing else is used.${notUsed.length === 0 ? "" : ` Named in the charter but not used: ${notUsed.join(", ")}.`}`,
    "",
    ...(isMatch(charter) ? sameness(charter) : learningReading(charter)),
  ];
}

function sameness({ dataset, operation }: MatchCharter): string[] {
  return [
    `When two rows count as the same ${dataset.unit}: the first of these that agrees in full`,
    ...operation.cascade.map(({ key, of }, index) => {
      const parts = of.map(({ field, as }) => `${field} (${transformWords(as)})`);
      return `  ${index + 1}. ${key}: ${parts.join(" and ")}`;
    }),
    ...(dataset.diminutives ?? []).map((names) => `  Short and pet names counted as one here: ${names.join(", ")}.`),
    "  Accents, capitals, spaces and punctuation make no difference. A value that is missing, or that several rows here",
    "  share, is not used.",
  ];
}

function leaving(charter: Charter, { leaves }: CharterExplanation): string[] {
  if (leaves.length === 0) return ["", "What would leave this building", "  Nothing: this node is no party."];
  return [
    "",
    "What would leave this building",
    "  Each kind of message, under the name it has in the ledger, to which it is written before it leaves. Besides these",
    "  only fixed signals without content go out, such as asking for news; the ledger counts them.",
    ...leaves.flatMap(messageText),
    "",
    ...(isMatch(charter) ? TAG : []),
    "  Sealed means locked so that the named recipient alone can open it; the coordinator carries the locked box. Masked",
    "  means that a random number was added which cancels out only in the sum over the boroughs.",
  ];
}

const TAG = [
  "  A tag is a code computed from a value with a secret salt: equal values have equal tags, and without the salt",
  "  nobody can go back from the tag to the value.",
];

function messageText({ type, encodes, to, openableBy, fields, protection, kept }: LeavingMessage): string[] {
  return [
    "",
    `  ${type}`,
    `    what:      ${encodes}`,
    `    to:        ${to}`,
    `    opened by: ${openableBy}`,
    `    from:      ${fields.length === 0 ? "no column" : fields.join(", ")}`,
    `    shielded:  ${protection}`,
    `    kept:      ${kept}`,
  ];
}

function publishing({ publishes }: CharterExplanation): string[] {
  const { outputs, withheldBelow, roundedTo } = publishes;
  return [
    "",
    "What is published in the end",
    ...(outputs.includes("total") ? summed(publishes) : []),
    ...(outputs.includes("pair-matrix") ? PAIRS : []),
    `  Figures from 1 to ${withheldBelow - 1} are withheld as [c], others rounded to the nearest ${roundedTo}.`,
    ...(outputs.includes("own-side-list") ? OWN_SIDE : NO_LIST),
  ];
}

function summed({ outputs, minimumContributors, owners }: CharterExplanation["publishes"]): string[] {
  const names = outputs.filter((output) => output === "total" || output === "table").join(" and ");
  return [
    `  ${names}: numbers of matches over all pairs of boroughs together, never of one borough or one pair.`,
    `  Only if at least ${minimumContributors} of the ${owners} boroughs with rows contribute to the same sum.`,
  ];
}

const PAIRS = [
  "  pair-matrix: for each pair of boroughs the number of matches, withheld and rounded by the pair's matcher, who alone",
  "  knows it exactly; withheld too where nearly all rows of one of the two would match.",
];

const NO_LIST = ["  The charter asks for no list of people: nobody is told who matched."];

const OWN_SIDE = [
  "  own-side-list: published to nobody. After the release each borough with rows is told which of its own rows matched in",
  "  which other borough, and by which of the ways above; never a row of the other's. Opening the list here asks for a",
  "  purpose and is written to the ledger. A match is something to be checked, no proof of fraud or error.",
];

function limits(charter: Charter): string[] {
  const { controls, retention } = charter;
  return [
    "",
    "How often, how much, how long",
    `  At most ${controls.maximumRounds} rounds, at least ${controls.minimumDaysBetweenRounds} days apart.`,
    ...(isMatch(charter) ? contributes(charter) : learningKept(charter)),
    `  Keys and tags are erased when the round ends. The rows read here may be kept ${retention.snapshotDays} days, the`,
    `  release ${retention.releaseYears} years, the ledger ${retention.ledgerYears} years.`,
    ...(isMatch(charter) && charter.controls.fairness !== undefined ? fairnessText(charter.controls.fairness) : []),
    ...(isMatch(charter) && asksFor(charter, "own-side-list")
      ? [`  Lists of own rows that matched are erased here after ${charter.retention.ownSideListDays} days.`]
      : []),
  ];
}

function contributes({ controls }: MatchCharter): string[] {
  return [
    `  A borough with fewer than ${controls.minimumPopulation} rows does not contribute; a list holds at most ${controls.listCap} rows.`,
  ];
}

function fairnessText({ largestRecallGap, largestFalseMatchGap }: NonNullable<MatchCharter["controls"]["fairness"]>) {
  return [
    "  It may be approved only after a rehearsal with made-up people, in which of any two groups (by naming tradition, by",
    `  age, by deprivation) the share found differs by at most ${points(largestRecallGap)}, and the share wrongly matched by at`,
    `  most ${points(largestFalseMatchGap)}. A rehearsal says what the keys do to such people, not how good the data here is.`,
  ];
}

const METHOD: Readonly<Record<MatchCharter["operation"]["protocol"], readonly string[]>> = {
  "single-salt": [
    "  The method is single-salt: a pair's matcher and one of its two boroughs, if they cheat together, can find out by",
    "  trying whether a value they guess is in the other's list. Where values can be guessed, such as names with dates of",
    "  birth, that can reveal who is in it.",
  ],
  "double-salt": [
    "  The method is double-salt: nobody can test a guess after the round. A pair's matcher and one of its two boroughs, if",
    "  they cheat together, learn which entries of that borough's own list matched, and no other entry of the other's.",
  ],
};

function unprotected({ parties, operation }: MatchCharter): string[] {
  const openers = parties.filter(({ roles }) => roles.includes("opener")).map(({ id }) => id);
  return [
    "",
    "What this does not protect against",
    ...(operation.outputs.includes("table")
      ? ["  A matcher sees how long two lists are, how many entries agree, and how often each scrambled label occurs."]
      : ["  A matcher sees how long two lists are and how many entries agree."]),
    ...METHOD[operation.protocol],
    "  A borough could put invented rows into its own list, as many as the limit above allows.",
    ...(operation.outputs.includes("own-side-list")
      ? ["  With its own-side list it learns which of them are in another borough's list too."]
      : []),
    ...(operation.outputs.includes("total")
      ? [
          "  All boroughs but one, if they cheat together, learn the last one's share of the sum.",
          `  The openers (${openers.join(", ")}) see the sum before small figures are withheld.`,
        ]
      : []),
    "  Two published results can be compared with each other.",
  ];
}
