import { describe, expect, it } from "vitest";
import { createAttemptWork } from "../../../../node/round/attempt-work.ts";
import { codeOf } from "../../shared/crypto/support.ts";
import { columnsOf } from "../../shared/matching/support.ts";

describe("what steps of an attempt share", () => {
  const first = { round: new Uint8Array(16).fill(1), attempt: 1 };
  const second = { ...first, attempt: 2 };

  it("lasts until the attempt is forgotten, and is closed then for those who still read", () => {
    const work = createAttemptWork();
    const columns = columnsOf(["ANN", "BO"]);
    work.of(first).columns.set("left", columns);
    expect(work.of(first).columns.get("left")).toBe(columns);
    const reading = columns.digests.blocks();
    work.forget(first);
    expect(codeOf(() => reading.next())).toBe("wrong-phase");
    expect(work.of(first).columns.size).toBe(0);
  });

  it("is each attempt's own", () => {
    const work = createAttemptWork();
    const columns = columnsOf(["ANN"]);
    work.of(first).columns.set("left", columnsOf(["BO"]));
    work.of(second).columns.set("left", columns);
    work.forget(first);
    expect(work.of(second).columns.get("left")).toBe(columns);
    expect([...columns.digests.blocks()].length).toBe(1);
  });
});
