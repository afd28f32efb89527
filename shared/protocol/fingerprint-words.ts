import { ProtocolError } from "../base/errors.ts";
import { digest } from "../crypto/hash.ts";

/**
 * A root key as words to read out on the telephone: 12 words of 8 bits each, 96 bits of the key's digest. Sixteen
 * opening consonants by sixteen endings give 256 short words that are hard to mistake for one another.
 */
const BEGINNINGS = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "y", "z"] as const;
const ENDINGS = [
  "aba", "ado", "agu", "ami", "ela", "emo", "enu", "eri", "ika", "ilo", "ini", "ivu", "ola", "oma", "ora", "uno",
] as const; // prettier-ignore
const WORDS = 12;

/** Twelve words, the same for everybody who looks at this key. */
export function fingerprintWords(rootKey: Uint8Array): string {
  const bytes = digest("portmoot/fingerprint/v1", rootKey).slice(0, WORDS);
  return Array.from(bytes, (byte) => `${BEGINNINGS[byte >> 4]!}${ENDINGS[byte & 15]!}`).join(" ");
}

/**
 * Compares what a person heard with what this node computes.
 * @throws ProtocolError "refused" where a word differs, "bad-input" where the number of words does
 */
export function verifyFingerprint(rootKey: Uint8Array, spoken: string): void {
  const words = spoken
    .trim()
    .toLowerCase()
    .split(/[\s,.-]+/);
  if (words.length !== WORDS) {
    throw new ProtocolError("bad-input", `fingerprint: expected ${WORDS} words, found ${words.length}`);
  }
  const expected = fingerprintWords(rootKey).split(" ");
  const wrong = expected.findIndex((word, index) => word !== words[index]);
  if (wrong >= 0) {
    throw new ProtocolError(
      "refused",
      `fingerprint: word ${wrong + 1} is not the one this node computes for that key`,
      {
        hint: "do not trust this key: ring the borough on a number you already know and compare again",
      },
    );
  }
}
