import { createHmac } from "node:crypto";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { createTagger, TAG_BYTES } from "../../shared/crypto/tags.ts";
import { DIGEST_BYTES } from "../../shared/matching/unit-digests.ts";
import { medianRatio, runInTurns, type Report } from "./harness.ts";
import { formatCount, formatTable } from "../text-table.ts";

/**
 * Tags per second on one core: the four-lane way that lists are made with, beside its simple twin and a loop of
 * node:crypto over the same values.
 */
const COLUMN = 3;
const MESSAGE_BYTES = 1 + DIGEST_BYTES;

export async function benchTags(options: {
  readonly count: number;
  readonly runs: number;
  readonly random: RandomSource;
}): Promise<Report> {
  const { count, runs, random } = options;
  const salt = random.bytes(32);
  const digests = random.bytes(count * DIGEST_BYTES);
  // The peer's messages are laid out beforehand: it is timed for hashing, not for packing.
  const messages = new Uint8Array(count * MESSAGE_BYTES);
  for (let i = 0; i < count; i++) {
    messages[i * MESSAGE_BYTES] = COLUMN;
    messages.set(digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES), i * MESSAGE_BYTES + 1);
  }
  const columns = new Uint8Array(count).fill(COLUMN);
  const laned = new Uint8Array(count * TAG_BYTES);
  const ours = new Uint8Array(count * TAG_BYTES);
  const theirs = new Uint8Array(count * TAG_BYTES);
  const lanes = {
    name: "four lanes",
    run: () => {
      createTagLanes(salt).tagAll(columns, digests, laned);
    },
  };
  const tagger = {
    name: "plain twin",
    run: () => {
      tagAll(salt, digests, ours);
    },
  };
  const peer = {
    name: "createHmac loop",
    run: () => {
      hmacAll(salt, messages, theirs);
    },
  };
  // Once outside the timed part: both are warm then, and a fast wrong answer is worth nothing.
  lanes.run();
  tagger.run();
  peer.run();
  assert(isEqualBytes(ours, theirs) && isEqualBytes(laned, theirs), "all three give the same tags");
  const measured = await runInTurns([lanes, tagger, peer], runs);
  const contestants = measured.map((each) => ({
    name: each.name,
    tagsPerSecond: count / each.medianSeconds,
    timesAsFast: medianRatio(measured[2]!, each),
  }));
  return {
    facts: { suite: "tags", count, runs, equal: true, contestants },
    text: [
      `tags: ${formatCount(count)} tags under one salt on one core, median of ${runs}`,
      formatTable(
        ["", "tags/s", "of the loop's"],
        contestants.map(({ name, tagsPerSecond, timesAsFast }) => [
          name,
          formatCount(tagsPerSecond),
          `× ${timesAsFast.toFixed(1)}`,
        ]),
      ),
    ].join("\n"),
  };
}

function tagAll(salt: Uint8Array, digests: Uint8Array, out: Uint8Array): void {
  const tagger = createTagger(salt);
  for (let at = 0, offset = 0; at < digests.length; at += DIGEST_BYTES, offset += TAG_BYTES) {
    tagger.tag(COLUMN, digests.subarray(at, at + DIGEST_BYTES), out, offset);
  }
}

function hmacAll(salt: Uint8Array, messages: Uint8Array, out: Uint8Array): void {
  for (let at = 0, offset = 0; at < messages.length; at += MESSAGE_BYTES, offset += TAG_BYTES) {
    const mac = createHmac("sha256", salt)
      .update(messages.subarray(at, at + MESSAGE_BYTES))
      .digest();
    mac.copy(out, offset, 0, TAG_BYTES);
  }
}
