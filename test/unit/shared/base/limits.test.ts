import { describe, expect, it } from "vitest";
import * as limits from "../../../../shared/base/limits.ts";

describe("limits", () => {
  it("are whole positive numbers that a computation can hold exactly", () => {
    for (const [name, limit] of Object.entries(limits)) {
      expect(Number.isSafeInteger(limit) && limit > 0, name).toBe(true);
    }
  });

  it("fit into one another: a frame in a chunk's message, a body in a mailbox, a party in a share's x-coordinate", () => {
    expect(limits.MAX_CHUNK_BYTES + 64 * 1024).toBeLessThanOrEqual(limits.MAX_WIRE_MESSAGE_BYTES);
    expect(limits.MAX_SMALL_BODY_BYTES).toBeLessThanOrEqual(limits.MAX_LIST_BODY_BYTES);
    expect(limits.MAX_LIST_BODY_BYTES).toBeLessThanOrEqual(limits.MAX_MAILBOX_BYTES_PER_NODE);
    // x = position + 1 in GF(256).
    expect(limits.MAX_PARTIES).toBeLessThanOrEqual(255);
    // A label code is a u16, 0xFFFF is padding; the table of two labels stays within one sum.
    expect(limits.MAX_LABELS ** 2 + 1).toBeLessThanOrEqual(limits.MAX_SUM_WORDS);
    expect(limits.MAX_SUM_WORDS * 8).toBeLessThanOrEqual(limits.MAX_SMALL_BODY_BYTES);
    expect(limits.MIN_LIST_ROWS).toBeLessThan(limits.MAX_LIST_ROWS);
  });

  it("leave a padded list of one key within the largest body", () => {
    expect(limits.MAX_LIST_ROWS * 1.12 * 18).toBeLessThanOrEqual(limits.MAX_LIST_BODY_BYTES);
  });
});
