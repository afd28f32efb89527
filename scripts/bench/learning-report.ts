import { HOSPITALS } from "./flamby-heart.ts";
import type { Report } from "./harness.ts";
import { measureLearning, type HeartLine, type LearningAnswers, type StateLine } from "./learning.ts";
import { formatTable } from "../text-table.ts";

/** Whole rounds beside answers known beforehand, as text for people and facts for programs. */
export async function benchLearning(options: { folder: string; note: (text: string) => void }): Promise<Report> {
  const answers = await measureLearning(options.folder, options.note);
  return { facts: { suite: "learning", ...answers }, text: learningText(answers) };
}

function learningText({ distances, sameBits, heart, own, published, fedavg, communities }: LearningAnswers): string {
  return [
    "learning: whole rounds beside an independent pooled fit, largest difference",
    formatTable(
      ["", "coefficients", "standard errors", "deviance"],
      distances.map((each) => [
        each.what,
        ...[each.coefficients, each.errors, each.deviance].map((value) => value.toExponential(1)),
      ]),
    ),
    `Adult over 33 nodes and over its workclasses: ${sameBits ? "the same to the last bit" : "NOT THE SAME"}`,
    "",
    "heart disease, accuracy on FLamby's test rows by hospital",
    formatTable(["", ...HOSPITALS, "mean", "pooled"], [...own, ...published].map(heartLine)),
    `AUC of the exact model on all test rows: ${figure(heart.overall.auc)}`,
    "FLamby's rows are means of five seeds of models trained by gradient steps on rows normalised hospital by hospital. The",
    "exact model gains by standardising over all hospitals and by being optimised to the end.",
    "",
    "our FedAvg with FLamby's settings and normalisation, in its published standard deviations from its FedAvg100",
    formatTable(
      ["", ...HOSPITALS, "pooled"],
      [
        ["from FLamby's starts, by plain addition, mean of ten seeds", ...fedavg.drawn.map(signed)],
        ["a whole round from 0, one seed", ...fedavg.round.map(signed)],
      ],
    ),
    `${within(fedavg.drawn)} of 5 within two from FLamby's random starts, ${within(fedavg.round)} of 5 from 0, where every round of ours begins; what is`,
    "above zero is more accurate than the published one.",
    "",
    ...communitiesText(communities),
  ].join("\n");
}

function heartLine({ method, accuracy, pooled }: HeartLine): string[] {
  const mean = accuracy.reduce((sum, value) => sum + value, 0) / accuracy.length;
  return [method, ...[...accuracy, mean, pooled].map(figure)];
}

function communitiesText({ distance, auc, states }: LearningAnswers["communities"]): string[] {
  const mixed = states.filter(({ positives, rows }) => positives > 0 && positives < rows);
  const rest = states.filter((state) => !mixed.includes(state));
  const alone = states.filter((state) => state.alone !== null).length;
  return [
    `communities and crime, ${states.length} states: ${distance} from the pooled fit, AUC ${figure(auc)} on its own rows; ${alone} make a model alone`,
    "AUC on each state's rows, which the models are learned from; states by their number in the file",
    formatTable(["state", "rows", "positive", "federated", "alone"], mixed.map(stateLine)),
    `the other ${rest.length} states, ${sum(rest.map(({ rows }) => rows))} rows: no AUC, and alone ${reasons(rest)}`,
    "An AUC of 1 alone is 99 features on few rows: it says nothing of other rows.",
  ];
}

function stateLine({ state, rows, positives, federated, alone, why }: StateLine): string[] {
  return [state, String(rows), String(positives), figure(federated), why ?? figure(alone)];
}

function reasons(states: readonly StateLine[]): string {
  return [...new Set(states.map(({ why }) => why ?? "a model"))].join("; ");
}

function within(sds: readonly number[]): number {
  return sds.filter((value) => Math.abs(value) <= 2).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function figure(value: number | null): string {
  return value?.toFixed(4) ?? "–";
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
}
