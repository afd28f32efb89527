import { z } from "zod";
import { isEqualBytes } from "../base/bytes.ts";
import type { Value } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_LIST_ROWS, MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import type { StatementSigner } from "../base/statement.ts";
import type { Protected } from "../disclosure/protect-count.ts";
import { statementBody } from "./identity.ts";
import { jobPairs, type Pair } from "./job.ts";
import { pairKey, type RoundContext } from "./round-context.ts";

/**
 * `pair-matrix` (protocol.md, Matching): each pair's figure, protected and signed by the pair's matcher. Raw, it never
 * leaves the matcher. The matcher's statements stay in the released result, so that every node checks them.
 */
const PAIR_FIGURE_LABEL = "portmoot/pair-figure/v1";

/** What stands for "c", confidential: every figure has the same length (Promise 7). */
const WITHHELD = 0xffffffff;

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const position = z
  .number()
  .int()
  .min(0)
  .max(MAX_PARTIES - 1);
const signedFigure = z.strictObject({ jobKey: bytes(32), pair: z.tuple([position, position]), figure: bytes(4) });
const statements = z.array(z.instanceof(Uint8Array)).max(MAX_PARTIES * MAX_PARTIES);

export interface PairFigure {
  readonly pair: Pair;
  readonly figure: Protected;
}

/** The matcher's word about one pair. @param figure protected already (protect-pair.ts) */
export function signPairFigure(
  signer: StatementSigner,
  { jobKey }: Pick<RoundContext, "jobKey">,
  { pair, figure }: PairFigure,
): Uint8Array {
  const word = figure === "c" ? WITHHELD : figure;
  return signer.sign(PAIR_FIGURE_LABEL, { jobKey, pair: [...pair], figure: encodeWord(word) });
}

/**
 * A figure under its own matcher's signature. Attacker-controlled.
 * @throws ProtocolError "integrity" where it is another pair's, attempt's or party's, or no multiple of the rounding
 */
export function openPairFigure(context: RoundContext, pair: Pair, statement: Uint8Array): PairFigure {
  const { controls } = context.charter;
  const body = context.sum.verifier.open(context.matcherOf(pair), PAIR_FIGURE_LABEL, statement);
  const signed = parseShape(signedFigure, body, `pair figure ${pairKey(pair)}`);
  if (!isEqualBytes(signed.jobKey, context.jobKey)) throw wrong(pair, "signed for another attempt");
  if (pairKey(signed.pair) !== pairKey(pair)) throw wrong(pair, "signed for another pair");
  const figure = readFigure(signed.figure);
  // A matcher that does not protect would publish what it was told to hide.
  if (figure !== "c" && figure % controls.roundTo !== 0) throw wrong(pair, "is not rounded as the charter says");
  return { pair, figure };
}

/**
 * Every pair of these owners, in the canonical order, out of the statements that a released result carries.
 * @throws ProtocolError "integrity" where one is missing, added, out of its place, or does not verify
 */
export function openPairFigures(
  context: RoundContext,
  members: readonly number[],
  released: readonly Uint8Array[],
): PairFigure[] {
  const pairs = jobPairs(context.charter, members);
  if (pairs.length !== released.length) throw new ProtocolError("integrity", "result: not one figure for each pair");
  return pairs.map((pair, index) => openPairFigure(context, pair, released[index]!));
}

/** What a result says of its pairs, unverified: of one that was verified before it was stored. */
export function readPairFigures(released: readonly Uint8Array[]): PairFigure[] {
  return released.map((statement) => {
    const { pair, figure } = parseShape(signedFigure, statementBody(statement), "pair figure");
    return { pair, figure: readFigure(figure) };
  });
}

/** The matchers' statements in a result, or null. @throws ProtocolError "malformed" */
export function pairStatements(result: Value): Uint8Array[] | null {
  const { pairs } = parseShape(z.object({ pairs: statements.nullable() }), result, "result");
  return pairs;
}

/** How many rows of an owner entered, 4 bytes. */
export function encodePairSize(units: number): Uint8Array {
  return encodeWord(units);
}

/** @throws ProtocolError "malformed" */
export function decodePairSize(encoded: Uint8Array): number {
  const units = encoded.length === 4 ? new DataView(encoded.buffer, encoded.byteOffset).getUint32(0) : Infinity;
  if (units > MAX_LIST_ROWS) throw new ProtocolError("malformed", "pair size: expected four bytes, a number of rows");
  return units;
}

function readFigure(encoded: Uint8Array): Protected {
  const word = new DataView(encoded.buffer, encoded.byteOffset).getUint32(0);
  return word === WITHHELD ? "c" : word;
}

function encodeWord(word: number): Uint8Array {
  const encoded = new Uint8Array(4);
  new DataView(encoded.buffer).setUint32(0, word);
  return encoded;
}

function wrong(pair: Pair, what: string): ProtocolError {
  return new ProtocolError("integrity", `pair figure ${pairKey(pair)}: ${what}`);
}
