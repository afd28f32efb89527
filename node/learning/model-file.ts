import { ProtocolError } from "../../shared/base/errors.ts";
import { readDocument } from "../../shared/host/config.ts";
import { parsePublishedModel, type PublishedModel } from "../../shared/learning/published-model.ts";

/**
 * A model as `models export` writes it. The file alone could be anybody's: its digest says whether it is the one released.
 * @throws ProtocolError "bad-input" where it is no JSON, "malformed" naming the field where it is no model
 */
export function readModelFile(file: string): PublishedModel {
  let value: unknown;
  try {
    value = JSON.parse(readDocument(file));
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("bad-input", `${file}: is no JSON`, { cause, hint: "portmoot node models export" });
  }
  return parsePublishedModel(value);
}
