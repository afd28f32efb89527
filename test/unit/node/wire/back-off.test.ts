import { describe, expect, it } from "vitest";
import { backOffMs, createBackOff } from "../../../../node/wire/back-off.ts";

const least = { bytes: (length: number) => new Uint8Array(length) };
const most = { bytes: (length: number) => new Uint8Array(length).fill(255) };

describe("back-off", () => {
  it("doubles with every failure and stays under half a minute", () => {
    expect([1, 2, 3, 4].map((failures) => backOffMs(failures, least))).toEqual([250, 500, 1000, 2000]);
    expect(backOffMs(50, most)).toBe(30_000);
    expect(backOffMs(1_000_000, most)).toBe(30_000);
  });

  it("spreads nodes over half of the wait", () => {
    expect(backOffMs(5, least)).toBe(4000);
    expect(backOffMs(5, most)).toBe(8000);
  });

  it("ends at once with the signal", async () => {
    const stop = new AbortController();
    const waiting = createBackOff(most)(20, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
