import { z } from "zod";
import { parseShape } from "../base/shape.ts";
import type { LearningCharter } from "./charter.ts";
import type { ProtectedResult } from "./round-messages.ts";
export function parsePublishedModel({ result }: ProtectedResult) {
  return parseShape(z.looseObject({}), result, "released model");
}
export function modelText(_charter: LearningCharter, model: ReturnType<typeof parsePublishedModel>): string {
  return JSON.stringify(model, null, 2);
}
