import { createHmac } from "node:crypto";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { createTagger, TAG_BYTES } from "../../shared/crypto/tags.ts";
import { DIGEST_BYTES } from "../../shared/matching/population.ts";
import { medianRatio, runInTurns, type Report } from "./harness.ts";
import { formatCount, formatTable } from "./table.ts";

/** Tags per second on one core: the tagger that lists are made with beside a loop of node:crypto over the same values. */
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
  const ours = new Uint8Array(count * TAG_BYTES);
  const theirs = new Uint8Array(count * TAG_BYTES);
  const tagger = {
    name: "tagger",
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
  tagger.run();
  peer.run();
  assert(isEqualBytes(ours, theirs), "the tagger and createHmac give the same tags");
  const [measuredTagger, measuredPeer] = await runInTurns([tagger, peer], runs);
  const ratio = medianRatio(measuredPeer!, measuredTagger!);
  const contestants = [measuredTagger!, measuredPeer!].map(({ name, medianSeconds }) => ({
    name,
    tagsPerSecond: count / medianSeconds,
  }));
  return {
    facts: { suite: "tags", count, runs, equal: true, contestants, ratio },
    text: [
      `tags: ${formatCount(count)} tags under one salt on one core, median of ${runs}`,
      formatTable(
        ["", "tags/s"],
        contestants.map(({ name, tagsPerSecond }) => [name, formatCount(tagsPerSecond)]),
      ),
      `the tagger is ${ratio.toFixed(1)} times as fast; all tags equal`,
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
