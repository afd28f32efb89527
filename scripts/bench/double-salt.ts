import sodium from "sodium-native";
import { createCurveWorkers } from "../../node/matching/curve-workers.ts";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { IN_MEMORY } from "../../shared/base/scratch.ts";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import { inlineCurveWork, type CurveWork } from "../../shared/matching/curve-work.ts";
import { mapColumns, maskElements, type Elements } from "../../shared/matching/elements.ts";
import type { TagList } from "../../shared/matching/list.ts";
import type { KeyColumns } from "../../shared/matching/population.ts";
import { remaskRows } from "../../shared/matching/remask.ts";
import { DIGEST_BYTES, UnitDigests } from "../../shared/matching/unit-digests.ts";
import { median, medianRatio, runInTurns, type Report } from "./harness.ts";
import { formatCount, formatSeconds, formatTable } from "../text-table.ts";

/**
 * What one owner does for one pair under double-salt, n values of its own and n of the partner's, beside 2n bare
 * multiplications of libsodium in this thread: with the mapping included, from the second partner on, and on all cores.
 */
export async function benchDoubleSalt(options: {
  readonly count: number;
  readonly runs: number;
  readonly threads: number;
  readonly random: RandomSource;
}): Promise<Report> {
  const { count, runs, threads, random } = options;
  const columns = syntheticColumns(count, 0);
  const other = syntheticColumns(count, Math.floor(count / 2));
  const jobKey = random.bytes(32);
  const scalars = { own: random.bytes(32), other: random.bytes(32) };
  const workers = createCurveWorkers({ threads });
  try {
    const mapped = await mapColumns(columns, jobKey, workers, random);
    const partner = await maskElements(await mapColumns(other, jobKey, workers, random), scalars.other, workers);
    await verify({ mapped, partner, scalars, jobKey, random, expected: count - Math.floor(count / 2) });
    const onePair = async (elements: Elements, curve: CurveWork) => {
      await maskElements(elements, scalars.own, curve);
      await remask(partner, scalars.own, jobKey, curve, random);
    };
    const rows = mapped.rows;
    const contestants = await runInTurns(
      [
        {
          name: "bare crypto_scalarmult, one thread",
          run: () => {
            multiplyBare(scalars.own, mapped, 2);
          },
        },
        {
          name: "first partner, one thread",
          run: async () => onePair(await mapColumns(columns, jobKey, inlineCurveWork, random), inlineCurveWork),
        },
        { name: "each further partner, one thread", run: () => onePair(mapped, inlineCurveWork) },
        {
          name: `first partner, ${threads} threads`,
          run: async () => onePair(await mapColumns(columns, jobKey, workers, random), workers),
        },
        { name: `each further partner, ${threads} threads`, run: () => onePair(mapped, workers) },
      ],
      runs,
    );
    const [bare] = contestants;
    const found = contestants.map((each) => ({
      name: each.name,
      seconds: each.medianSeconds,
      elementsPerSecond: median(each.seconds.map((seconds) => (2 * rows) / seconds)),
      ofBare: medianRatio(bare!, each),
    }));
    return {
      facts: { suite: "double-salt", count, rows, runs, threads, equal: true, contestants: found },
      text: [
        `double-salt: ${formatCount(count)} own and as many of the partner's values (padded to ${formatCount(rows)}), median of ${runs}`,
        formatTable(
          ["", "time", "elements/s", "of bare"],
          found.map(({ name, seconds, elementsPerSecond, ofBare }) => [
            name,
            formatSeconds(seconds),
            formatCount(elementsPerSecond),
            ofBare.toFixed(2),
          ]),
        ),
      ].join("\n"),
    };
  } finally {
    await workers.close();
  }
}

/** Values 0 … count − 1, moved on by `from`, as a node has them after standardising: one key, all unique. */
function syntheticColumns(count: number, from: number): KeyColumns {
  const digests = new UnitDigests(1, IN_MEMORY);
  for (let unit = 0; unit < count; unit++) {
    const digest = new Uint8Array(DIGEST_BYTES);
    new DataView(digest.buffer).setUint32(0, from + unit);
    digests.add([digest]);
  }
  return {
    units: count,
    keys: 1,
    digests,
    usable: new Uint8Array(count).fill(1),
    labels: new Uint16Array(count),
    rows: Uint32Array.from({ length: count }, (_, unit) => unit + 1),
    funnel: { rows: count, units: count, withheld: 0, keyless: 0, usable: count, perKey: [] },
  };
}

async function remask(
  elements: Elements,
  scalar: Uint8Array,
  jobKey: Uint8Array,
  curve: CurveWork,
  random: RandomSource,
): Promise<TagList> {
  const packed = { ...elements, payloads: new Uint8Array(0) };
  const { rows, columns } = await remaskRows(packed, { scalar, jobKey, pair: [0, 1], curve, random });
  return { rows, columns, labels: null, handles: null };
}

/** Outside the timed part: both lists under both scalars share what the sets share. */
async function verify(of: {
  mapped: Elements;
  partner: Elements;
  scalars: { own: Uint8Array; other: Uint8Array };
  jobKey: Uint8Array;
  random: RandomSource;
  expected: number;
}): Promise<void> {
  const { mapped, partner, scalars, jobKey, random, expected } = of;
  const masked = await maskElements(mapped, scalars.own, inlineCurveWork);
  const left = await remask(masked, scalars.other, jobKey, inlineCurveWork, random);
  const right = await remask(partner, scalars.own, jobKey, inlineCurveWork, random);
  const found = runCascade(left, right, random).left.length;
  assert(found === expected, `expected ${expected} common values, found ${found}`);
}

function multiplyBare(scalar: Uint8Array, { columns }: Elements, times: number): void {
  const [column] = columns;
  const product = Buffer.alloc(ELEMENT_BYTES);
  for (let time = 0; time < times; time++) {
    for (let at = 0; at < column!.length; at += ELEMENT_BYTES) {
      sodium.crypto_scalarmult(product, scalar, column!.subarray(at, at + ELEMENT_BYTES));
    }
  }
}
