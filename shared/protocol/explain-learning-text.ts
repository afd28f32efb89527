import { isTraining, type EvaluateCharter, type LearningCharter, type TrainCharter } from "./charter.ts";
import type { CharterExplanation } from "./explain.ts";

/** What `charter explain` says of learning, for the same reader as explain-text.ts. */

export function learningReading(charter: LearningCharter): string[] {
  return [
    `What is computed here from each ${charter.dataset.unit}`,
    ...(isTraining(charter) ? trainingReading(charter) : evaluationReading(charter)),
  ];
}

function trainingReading({ operation: { missing, algorithm, features, label } }: TrainCharter): string[] {
  return [
    `  A model (${algorithm.name}) of ${label.attribute} from ${features.length} features. Every step of it needs one sum over`,
    "  all boroughs: this node adds up its own part, hides it, and sends the hidden part.",
    missing === "drop-row"
      ? "  A row with a value missing or unreadable is left out."
      : "  A missing value is filled with the middle of its scale, and that it was missing is a feature of its own.",
  ];
}

function evaluationReading({ operation: { model, label, features } }: EvaluateCharter): string[] {
  return [
    `  A score, by the released model ${model.slice(0, 12)} from ${features.length} features, to be held against ${label.attribute}. This node`,
    "  counts its rows by score and label, hides the counts, and sends the hidden part: one sum over all boroughs. The",
    "  scores stay here, and nothing is learned. See the model: portmoot node models show.",
  ];
}

export function learningPublished(charter: LearningCharter, { publishes }: CharterExplanation): string[] {
  const { operation, controls } = charter;
  const { evaluate } = operation;
  return [
    "",
    "What is published in the end",
    ...(isTraining(charter)
      ? [
          `  ${operation.outputs.join(", ")}: of all boroughs together, to ${controls.publicDigits} significant figures.`,
        ]
      : []),
    ...(evaluate === undefined
      ? []
      : [`  How good the model is: ${evaluate.metrics.join(", ")}, of all boroughs together.`]),
    `  Only if at least ${publishes.minimumContributors} of the ${publishes.owners} boroughs contribute to the ${isTraining(charter) ? "first sum; all later sums are of the same boroughs" : "sum"}.`,
    `  Numbers of rows from 1 to ${publishes.withheldBelow - 1} are withheld as [c], others rounded to the nearest ${publishes.roundedTo}.`,
    ...(isTraining(charter) ? mergedCodes(charter) : []),
    "  No borough's own figures, and no list: whom the model scores high is computed and stays at each borough.",
    ...(controls.notForRelease === true
      ? ["  NOT FOR RELEASE: a rehearsal under the network's floors, for synthetic or open data only."]
      : []),
  ];
}

function mergedCodes({ controls: { minimumLevelCount, notForRelease } }: TrainCharter): string[] {
  return [
    `  A code that fewer than ${minimumLevelCount} rows of all boroughs have with either label is merged with others.`,
    ...(notForRelease === true
      ? []
      : ["  So is a code that fewer than three boroughs have: its figure would be their own."]),
  ];
}

export function learningKept(charter: LearningCharter): string[] {
  const use = isTraining(charter) ? ` The model may be used ${charter.retention.modelDays} days.` : "";
  return [`  A borough with fewer than ${charter.controls.minimumRows} usable rows does not contribute.${use}`];
}

export function learningUnprotected(charter: LearningCharter): string[] {
  const openers = charter.parties.filter(({ roles }) => roles.includes("opener")).map(({ id }) => id);
  return [
    "",
    "What this does not protect against",
    ...(isTraining(charter) ? trainingUnprotected(openers) : evaluationUnprotected(openers)),
  ];
}

function trainingUnprotected(openers: readonly string[]): string[] {
  return [
    `  The openers (${openers.join(", ")}) see the sums before anything is rounded or withheld: among them how often`,
    "  every two codes occur together, over all boroughs.",
    "  All parties of the round, the coordinator too, see the model after every step.",
    "  All boroughs but one, if they cheat together, learn the last one's share of every sum.",
    "  A borough could put invented rows into its own part and so bend the model.",
    "  A model says something about people like those it learned from; two published models can be compared.",
  ];
}

function evaluationUnprotected(openers: readonly string[]): string[] {
  return [
    `  The openers (${openers.join(", ")}) see the sum before anything is rounded or withheld: how many rows of`,
    "  either label have about which score, over all boroughs and by group.",
    "  All boroughs but one, if they cheat together, learn the last one's share of the sum.",
    "  A borough could put invented rows into its own part and so make the model look better or worse.",
    "  Two published evaluations of one model can be compared.",
  ];
}
