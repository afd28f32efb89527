import { bytesToHex } from "../base/bytes.ts";
import { isMatch, isTraining, type Charter } from "./charter.ts";
import { evaluationText, parseReleasedEvaluation } from "./evaluation-text.ts";
import { modelText, parseReleasedModel } from "./model-text.ts";
import { parseReleasedResult, resultNames, resultText } from "./result-text.ts";
import type { ProtectedResult } from "./round-messages.ts";

/** A released result, of whatever the charter asked for: facts for `--json` and words for people. */
export function releaseFacts(charter: Charter, round: Uint8Array, signed: ProtectedResult) {
  return { round: bytesToHex(round), ...parseReleased(charter, signed) };
}

export function releaseText(charter: Charter, signed: ProtectedResult): string {
  if (isMatch(charter)) return resultText(parseReleasedResult(signed), resultNames(charter));
  return isTraining(charter)
    ? modelText(charter, parseReleasedModel(signed))
    : evaluationText(charter, parseReleasedEvaluation(signed));
}

function parseReleased(charter: Charter, signed: ProtectedResult) {
  if (isMatch(charter)) return parseReleasedResult(signed);
  return isTraining(charter) ? parseReleasedModel(signed) : parseReleasedEvaluation(signed);
}
