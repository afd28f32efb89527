import type { Command } from "commander";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { TAG_BYTES } from "../../shared/crypto/tags.ts";
import { DIGEST_BYTES } from "../../shared/matching/unit-digests.ts";
import { requireMatch } from "../../shared/protocol/charter.ts";
import { exposeKeys } from "../../shared/protocol/exposure.ts";
import { exposureText } from "../../shared/protocol/exposure-text.ts";
import { datasetSnapshot } from "../data/datasets.ts";
import { findCharter } from "./charter.ts";
import type { NodeContext } from "./context.ts";
import { keyFunnel } from "./datasets.ts";
import { addDiminutivesCommand } from "./diminutives.ts";

/** `node keys exposure | diminutives`: how guessable a charter's match keys are, and which names they take for one. */
export function addKeyCommands(node: Command, context: () => NodeContext): void {
  const keys = node.command("keys").description("what a charter's match keys compare and would give away");

  keys
    .command("exposure")
    .argument("<charter>", "charter id, or id@version")
    .description("how many values each match key has, who could try them all, and how long that takes")
    .addHelpText("after", "\nExample:\n  portmoot node keys exposure council-tax-double-residence --home ./camden")
    .action((reference: string) => {
      const { db, clock, random, output } = context();
      const parsed = requireMatch(findCharter(db, reference).parsed);
      const { name } = parsed.dataset;
      const own = datasetSnapshot(db, name) === null ? null : keyFunnel(context(), parsed);
      const exposure = exposeKeys(parsed, { own, measureRate: () => measureRate(clock, random) });
      output.facts(exposure, exposureText(exposure, name));
      if (own === null) {
        output.note(
          `note: dataset ${name} is not here; with it: portmoot node import FILE --dataset ${name} --mapping FILE`,
        );
      }
    });

  addDiminutivesCommand(keys, context);
}

const SPELLS = 4;
const SPELL_MS = 50;
const BATCH_TAGS = 4096;
/** Ends a spell on a clock that stands still, which gives a pace too high and never one too low. */
const MAX_BATCHES = 200;

/**
 * Tags a second on one core, as this program makes its lists. Whoever guesses also hashes each value once, but without
 * the salt, so that can be done beforehand. The fastest of the spells counts: a machine that is busy, or a clock set
 * forward, makes the others slow.
 */
function measureRate(clock: Clock, random: RandomSource): number {
  const lanes = createTagLanes(random.bytes(32));
  const columns = new Uint8Array(BATCH_TAGS);
  const values = random.bytes(BATCH_TAGS * DIGEST_BYTES);
  const out = new Uint8Array(BATCH_TAGS * TAG_BYTES);
  let fastest = 0;
  for (let spell = 0; spell < SPELLS; spell++) {
    const startedMs = clock.nowMs();
    let elapsedMs = 0;
    let batches = 0;
    while (elapsedMs < SPELL_MS && batches < MAX_BATCHES) {
      lanes.tagAll(columns, values, out);
      batches++;
      elapsedMs = clock.nowMs() - startedMs;
    }
    fastest = Math.max(fastest, (1000 * batches * BATCH_TAGS) / Math.max(1, elapsedMs));
  }
  lanes.erase();
  return Math.round(fastest);
}
