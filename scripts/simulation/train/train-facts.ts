import type { PublishedModel } from "../../../shared/learning/published-model.ts";
import { isTraining, type LearningCharter } from "../../../shared/protocol/charter.ts";
import { statementBody } from "../../../shared/protocol/identity.ts";
import { parseReleasedEvaluation, type ReleasedEvaluation } from "../../../shared/protocol/evaluation-text.ts";
import { parseReleasedModel, type ReleasedModel } from "../../../shared/protocol/model-text.ts";
import { releaseText } from "../../../shared/protocol/release-text.ts";
import { protectedResultBody, releaseBody } from "../../../shared/protocol/round-messages.ts";
import type { PartyFacts } from "../scenario-facts.ts";
import type { TrainComparison } from "./compare-models.ts";
import type { TrainEvaluation } from "./judge-model.ts";
import type { OpenModel } from "./open-model.ts";

/** What a learning scenario came to. Full precision stands here only: a release has the charter's few digits. */
export interface TrainFacts {
  readonly seed: number;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** What could not be read, who is not in the model, why the round ended: see train-notes.ts. */
  readonly notes: readonly string[];
  /** Real programs, or everybody in one process. */
  readonly processes: boolean;
  /** What was learned, as openers know it: null among real programs, which do not tell, and where a model was judged. */
  readonly model: OpenModel | null;
  readonly release: ReleasedModel | ReleasedEvaluation | null;
  readonly releaseText: string | null;
  /** The released model as every node keeps it, and may hand it on. */
  readonly document: PublishedModel | null;
  readonly evaluation: TrainEvaluation | null;
  readonly comparison: TrainComparison | null;
  readonly faults: readonly {
    readonly party: string;
    readonly at: string;
    readonly do: string;
    readonly fired: boolean;
  }[];
  readonly parties: readonly PartyFacts[];
  readonly phases: readonly { readonly name: string; readonly ms: number; readonly bytes: number }[];
  /** Of the one process in which all parties are; null where each had its own. */
  readonly peakRssBytes: number | null;
}

/** @param release as every node has it from the coordinator; null where the round ended without one */
export function releaseOf(
  charter: LearningCharter,
  release: Uint8Array | null,
): Pick<TrainFacts, "release" | "releaseText"> {
  if (release === null) return { release: null, releaseText: null };
  const { statements } = releaseBody.decode(release);
  const signed = protectedResultBody.parse(statementBody(statements[0]!.statement));
  const parse = isTraining(charter) ? parseReleasedModel : parseReleasedEvaluation;
  return { release: parse(signed), releaseText: releaseText(charter, signed) };
}
