import { ProtocolError } from "../shared/base/errors.ts";

/** The value of a flag of `portmoot PROGRAM`. @throws ProtocolError "bad-input" */
export function wholeNumber(program: string, flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new ProtocolError("bad-input", `${flag}: expected a whole number from ${least} to ${most}`, {
      hint: `portmoot ${program} --help`,
    });
  }
  return value;
}
