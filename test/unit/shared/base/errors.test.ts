import { describe, expect, it } from "vitest";
import { assert, ProtocolError } from "../../../../shared/base/errors.ts";

describe("ProtocolError", () => {
  it("carries its code, its message, and nothing that was not given", () => {
    const error = new ProtocolError("expired", "invitation: expired yesterday");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "ProtocolError", code: "expired", hint: null });
    expect(error.message).toBe("invitation: expired yesterday");
    expect("cause" in error).toBe(false);
  });

  it("keeps the cause for the log and the hint for the operator apart from the message", () => {
    const cause = new Error("SQLITE_BUSY");
    const error = new ProtocolError("unavailable", "store: busy", { cause, hint: "try again" });
    expect(error.cause).toBe(cause);
    expect(error.hint).toBe("try again");
    expect(error.message).not.toContain("SQLITE_BUSY");
  });
});

describe("assert", () => {
  it("stops on what only a bug can produce, and not with an error that a boundary would tell a stranger", () => {
    let thrown: unknown = null;
    try {
      assert(false, "rows are sorted");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).not.toBeInstanceOf(ProtocolError);
    expect(String(thrown)).toContain("rows are sorted");
  });

  it("says nothing where the condition holds", () => {
    expect(() => {
      assert(true, "rows are sorted");
    }).not.toThrow();
  });
});
