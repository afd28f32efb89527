import { ProtocolError } from "../../shared/base/errors.ts";
import { plainText } from "../../shared/protocol/plain-text.ts";
import type { NodeContext } from "./context.ts";

/** What a list of own rows is opened for: it goes into the ledger, so it is one line and names nobody. */
const MAX_PURPOSE_CHARACTERS = 500;

/** From the flag, else from a person at the terminal. @throws ProtocolError "bad-input" where it is no line of text */
export async function requirePurpose(given: string | undefined, ask: NodeContext["ask"]): Promise<string> {
  const text = given ?? (await ask?.("What is this list opened for? ")) ?? "";
  const parsed = plainText(MAX_PURPOSE_CHARACTERS).safeParse(text.trim());
  if (parsed.success && parsed.data !== "") return parsed.data;
  throw new ProtocolError("bad-input", `--purpose: expected one line of text, at most ${MAX_PURPOSE_CHARACTERS} long`, {
    hint: '--purpose "single person discount review"',
  });
}
