import { describe, expect, it } from "vitest";
import { charterDigest, encodeCharter } from "../../../../shared/protocol/charter.ts";
import { createCharterReader } from "../../../../shared/protocol/charter-reader.ts";
import { exampleCharter } from "../../../helpers/example-charter.ts";
import { codeOf } from "../crypto/support.ts";

describe("a reader of charters", () => {
  const charter = exampleCharter();

  it("reads the same bytes once, in whatever array they come", () => {
    const read = createCharterReader();
    const first = read(encodeCharter(charter));
    expect(first).toEqual({ charter, digest: charterDigest(charter) });
    expect(read(encodeCharter(charter))).toBe(first);
  });

  it("reads other bytes anew, also in an array that it has seen", () => {
    const read = createCharterReader();
    const bytes = encodeCharter(charter);
    read(bytes);
    bytes[bytes.length - 1]! ^= 1;
    expect(codeOf(() => read(bytes))).toBe("malformed");
    expect(read(encodeCharter({ ...charter, version: 2 })).charter.version).toBe(2);
  });
});
