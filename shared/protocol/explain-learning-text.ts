import type { LearningCharter } from "./charter.ts";
import type { CharterExplanation } from "./explain.ts";

/** What `charter explain` says of learning, for the same reader as explain-text.ts. */

export function learningReading({ dataset, operation }: LearningCharter): string[] {
  const { missing, algorithm, features } = operation;
  return [
    `What is computed here from each ${dataset.unit}`,
    `  A model (${algorithm.name}) of ${operation.label.attribute} from ${features.length} features. Every step of it needs one sum over`,
    "  all boroughs: this node adds up its own part, hides it, and sends the hidden part.",
    missing === "drop-row"
      ? "  A row with a value missing or unreadable is left out."
      : "  A missing value is filled with the middle of its scale, and that it was missing is a feature of its own.",
  ];
}

export function learningPublished(
  { operation, controls }: LearningCharter,
  { publishes }: CharterExplanation,
): string[] {
  const { evaluate } = operation;
  return [
    "",
    "What is published in the end",
    `  ${operation.outputs.join(", ")}: of all boroughs together, to ${controls.publicDigits} significant figures.`,
    ...(evaluate === undefined
      ? []
      : [`  How good the model is: ${evaluate.metrics.join(", ")}, of all boroughs together.`]),
    `  Only if at least ${publishes.minimumContributors} of the ${publishes.owners} boroughs contribute to the first sum; all later sums are of the same boroughs.`,
    `  Numbers of rows from 1 to ${publishes.withheldBelow - 1} are withheld as [c], others rounded to the nearest ${publishes.roundedTo}.`,
    `  A code that fewer than ${controls.minimumLevelCount} rows of all boroughs have with either label is merged with others.`,
    ...(controls.notForRelease === true
      ? []
      : ["  So is a code that fewer than three boroughs have: its figure would be their own."]),
    "  No borough's own figures, and no list: whom the model scores high is computed and stays at each borough.",
    ...(controls.notForRelease === true
      ? ["  NOT FOR RELEASE: a rehearsal under the network's floors, for synthetic or open data only."]
      : []),
  ];
}

export function learningKept({ controls, retention }: LearningCharter): string[] {
  return [
    `  A borough with fewer than ${controls.minimumRows} usable rows does not contribute. The model may be used ${retention.modelDays} days.`,
  ];
}

export function learningUnprotected({ parties }: LearningCharter): string[] {
  const openers = parties.filter(({ roles }) => roles.includes("opener")).map(({ id }) => id);
  return [
    "",
    "What this does not protect against",
    `  The openers (${openers.join(", ")}) see the sums before anything is rounded or withheld: among them how often`,
    "  every two codes occur together, over all boroughs.",
    "  All parties of the round, the coordinator too, see the model after every step.",
    "  All boroughs but one, if they cheat together, learn the last one's share of every sum.",
    "  A borough could put invented rows into its own part and so bend the model.",
    "  A model says something about people like those it learned from; two published models can be compared.",
  ];
}
