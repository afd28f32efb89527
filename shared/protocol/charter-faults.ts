import { ProtocolError } from "../base/errors.ts";

/** What does not fit in a charter, by the path of its field. */
export function wrong(path: string, message: string): ProtocolError {
  return new ProtocolError("bad-input", `charter: ${path}: ${message}`, {
    hint: "mend the charter and propose it again",
  });
}

/** @throws ProtocolError "bad-input" naming what stands twice */
export function refuseRepeats(items: readonly string[], path: string): void {
  const repeated = items.find((item, index) => items.indexOf(item) !== index);
  if (repeated !== undefined) throw wrong(path, `${repeated} stands twice`);
}
