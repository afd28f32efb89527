import { bytesToHex } from "../../shared/base/bytes.ts";
import { fairnessOf, type Charter } from "../../shared/protocol/charter.ts";
import { rehearsalDigest, type Rehearsal } from "../../shared/protocol/rehearsal.ts";
import { decideRehearsal, gapText, percent } from "../../shared/protocol/rehearsal-decision.ts";

/** A rehearsal for whoever decides on a charter: figures by group, the gaps, and what they do not say. */
export function rehearsalText(rehearsal: Rehearsal, charter: Charter): string {
  const { overall, groups, traits, seed, generator, notRehearsed, leastGroupPairs } = rehearsal;
  return [
    `rehearsal of ${charter.id} version ${charter.version}, seed ${seed}: ${count(generator.residents)} made-up residents of ${generator.boroughs} boroughs`,
    `of ${count(overall.truth)} pairs of rows that are one person, found ${rate(overall.recall)}; of what was found, wrong ${rate(overall.falseMatchRate)}`,
    ...(notRehearsed.keys.length === 0
      ? []
      : [`not rehearsed, since made-up people lack a field: ${notRehearsed.keys.join(", ")}`]),
    ...(notRehearsed.filters.length === 0
      ? []
      : [`rehearsed with everybody: rows were not chosen by ${notRehearsed.filters.join(", ")}`]),
    ...traits.flatMap(({ trait, recall, falseMatches }) => [
      "",
      `by ${trait}`.padEnd(26) + "true pairs     found     wrong",
      ...groups.filter((each) => each.trait === trait).map(groupLine),
      ...(recall === null ? [] : [`  ${gapText("recall", recall)}`]),
      ...(falseMatches === null ? [] : [`  ${gapText("false-match rate", falseMatches)}`]),
    ]),
    "",
    `A group with fewer than ${leastGroupPairs} true pairs (*) does not decide. Another seed moves every figure by chance.`,
    "Made-up names, birthdays and slips: the figures show what the keys do to them, not how good real data is. That no gap",
    "shows here does not say that there is none there.",
    "",
    verdict(charter, rehearsal),
    `digest ${bytesToHex(rehearsalDigest(rehearsal))}`,
  ].join("\n");
}

function groupLine({ group, truth, recall, falseMatchRate, decides }: Rehearsal["groups"][number]): string {
  const figures = [count(truth).padStart(10), rate(recall).padStart(10), rate(falseMatchRate).padStart(10)].join("");
  return `  ${group.padEnd(23)} ${figures}${decides ? "" : " *"}`;
}

function verdict(charter: Charter, rehearsal: Rehearsal): string {
  if (fairnessOf(charter) === undefined) return "The charter sets no limit for gaps.";
  const decided = decideRehearsal(charter, rehearsal);
  return decided.allowed
    ? "The gaps are within the charter's limits."
    : `An approval would be refused: ${decided.rule}: ${decided.detail}.`;
}

function rate(share: number | null): string {
  return share === null ? "–" : percent(share);
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
