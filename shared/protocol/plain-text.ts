import { z } from "zod";

/**
 * Text that somebody else wrote and people here will read on a terminal or a page: one line in normal form, without
 * control characters or marks that turn the reading direction, so that a title cannot repaint the screen on which
 * its charter is explained. Attacker-controlled: charters come from the coordinator, reasons from the boroughs.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u{61C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/u;

/** @param most characters, after outer spaces are cut off */
export function plainText(most: number, least: 0 | 1 = 1) {
  return z
    .string()
    .trim()
    .normalize("NFC")
    .min(least, "expected some text")
    .max(most, `expected at most ${most} characters`)
    .refine(
      (text) => text.isWellFormed() && !UNSEEN.test(text),
      "expected one line of plain text, without control characters",
    );
}
