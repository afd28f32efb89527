import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isLinkageFolder, LINKAGE_DATASETS } from "../../../scripts/bench/linkage-data.ts";
import { benchLinkage, measureLinkage } from "../../../scripts/bench/linkage.ts";
import { seededRandom } from "../shared/crypto/support.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "..", "shared", "data", "linkage");

/** What was reached, so less is a step back; no promise for other files (scripts/bench/linkage.ts says how it came about). */
const FLOORS: Readonly<Record<string, { precision: number; recall: number }>> = {
  febrl4: { precision: 0.999, recall: 0.97 },
  "febrl4 with soc_sec_id": { precision: 0.999, recall: 0.996 },
  // Four fields of five differ between two files: what remains is for methods that weigh, not compare.
  "five-party": { precision: 0.999, recall: 0.07 },
  // Without birthdays, only the telephone is left.
  "ons-pes": { precision: 0.99, recall: 0.17 },
};

describe.runIf(isLinkageFolder(folder))("the default cascade on open files (skipped: no shared data)", () => {
  it.each(LINKAGE_DATASETS)(
    "finds who is who in $name, at least as well as it did",
    (dataset) => {
      const { precision, recall } = measureLinkage(folder, dataset, seededRandom(dataset.name));
      const floor = FLOORS[dataset.name]!;
      expect(precision).toBeGreaterThanOrEqual(floor.precision);
      expect(recall).toBeGreaterThanOrEqual(floor.recall);
    },
    60_000,
  );
});

describe("the linkage suite", () => {
  it("says what to do where the files are not there", () => {
    expect(() => benchLinkage({ folder: "/nowhere", random: seededRandom("x") })).toThrow("are not there");
  });
});
