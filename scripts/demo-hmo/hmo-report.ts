import { formatTable } from "../text-table.ts";
import {
  medianOf,
  type BoroughQuality,
  type HmoFacts,
  type Model,
  type Quality,
  type RankedList,
} from "./hmo-facts.ts";

/** The HMO demonstration as text: what each borough gains, whether federated equals pooled, and an analyst's list. */
export function hmoReport(facts: HmoFacts): string {
  return `${[
    heading("How well the models rank, on properties inspected at random: AUC, and lift at 100"),
    qualityTable(facts),
    "",
    ...summary(facts),
    heading(`The top of ${facts.list.title}'s list, at ${facts.list.title} only`),
    listText(facts.list),
    "",
    "A score supports a decision and does not make one: nobody was found to do anything wrong.",
    "Scores learned from inspections rank properties; they are no probabilities.",
  ].join("\n")}\n`;
}

const MODELS: readonly Model[] = ["alone", "federated", "pooled"];
const NONE = "-";

function qualityTable(facts: HmoFacts): string {
  const figure = (quality: Quality | null) => [quality?.auc.toFixed(3) ?? NONE, quality?.lift.toFixed(1) ?? NONE];
  const line = ({ title, labelled, found, cases, ...models }: BoroughQuality) => {
    const figures = MODELS.map((model) => figure(models[model]));
    return [
      title,
      String(labelled),
      String(found),
      String(cases),
      ...figures.map(([auc]) => auc!),
      ...figures.map(([, lift]) => lift!),
    ];
  };
  const medians = (["auc", "lift"] as const).flatMap((measure) =>
    MODELS.map((model) => medianOf(facts, model, measure)?.toFixed(measure === "auc" ? 3 : 1) ?? NONE),
  );
  return formatTable(
    [
      "borough",
      "labelled",
      "found",
      "cases",
      ...MODELS.map((model) => `AUC ${model}`),
      ...MODELS.map((model) => `lift ${model}`),
    ],
    [...facts.boroughs.map(line), ["median", "", "", "", ...medians]],
  );
}

function summary(facts: HmoFacts): string[] {
  const { boroughs } = facts;
  const alone = medianOf(facts, "alone", "auc");
  const federated = medianOf(facts, "federated", "auc");
  const learned = boroughs.flatMap(({ alone: own, federated: all }) => (own === null ? [] : [all.auc > own.auc]));
  const apart = Math.max(...boroughs.map(({ federated: one, pooled }) => Math.abs(one.auc - pooled.auc)));
  const without = boroughs.length - learned.length;
  return [
    "cases: HMOs among the properties inspected at random. On so few, one borough's figures are rough; medians say more.",
    ...(alone === null || federated === null
      ? []
      : [
          `Median AUC: ${alone.toFixed(3)} alone, ${federated.toFixed(3)} federated: ${signed(federated - alone)}.`,
          `The federated model ranks better than the borough's own at ${learned.filter(Boolean).length} of ${learned.length} boroughs.`,
        ]),
    ...(without === 0 ? [] : [`No model of its own could be learned at ${without} of ${boroughs.length} boroughs.`]),
    apart === 0
      ? "The federated model's AUC is the pooled model's at every borough."
      : `Between the federated and the pooled model's AUC lie at most ${apart.toExponential(1)} at any borough.`,
  ];
}

function listText({ rows }: RankedList): string {
  return rows
    .map(({ reference, score, reasons }, index) => {
      const told = reasons.map(({ name, contribution }) => `${name} ${signed(contribution, 2)}`).join(", ");
      return `${String(index + 1).padStart(4)}  ${score.toFixed(3)}  ${reference}  ${told}`;
    })
    .join("\n");
}

function signed(value: number, digits = 3): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(digits)}`;
}

function heading(text: string): string {
  return `\n${text}\n${"─".repeat(text.length)}`;
}
