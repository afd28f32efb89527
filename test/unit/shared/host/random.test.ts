import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../../shared/host/random.ts";
import { systemClock } from "../../../../shared/host/clock.ts";

describe("the machine's dice", () => {
  it("give as many bytes as asked, other ones each time", () => {
    expect(systemRandom.bytes(0)).toHaveLength(0);
    const draws = Array.from({ length: 100 }, () => Buffer.from(systemRandom.bytes(32)).toString("hex"));
    expect(new Set(draws).size).toBe(100);
    expect(draws[0]).toHaveLength(64);
  });

  it("are not stuck: every bit of a byte is seen both ways in 256 bytes", () => {
    const bytes = systemRandom.bytes(256);
    expect(bytes.reduce((all, byte) => all | byte, 0)).toBe(0xff);
    expect(bytes.reduce((all, byte) => all & byte, 0xff)).toBe(0);
  });
});

describe("the machine's clock", () => {
  it("tells milliseconds since 1970", () => {
    const before = Date.now();
    const now = systemClock.nowMs();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
