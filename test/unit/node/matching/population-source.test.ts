import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { importFile } from "../../../../node/data/import/import-file.ts";
import { parseMappingText } from "../../../../node/data/import/mapping.ts";
import { createPopulationSource } from "../../../../node/matching/population-source.ts";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { IN_MEMORY } from "../../../../shared/base/scratch.ts";
import { parseCharter, requireMatch, type Charter } from "../../../../shared/protocol/charter.ts";
import { CLOCK, exampleDocument, type Json } from "../../../helpers/example-charter.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-population-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The key of one resident at a node of their own, where they are written under this forename. */
async function keyOf(forename: string, charter: Charter): Promise<string> {
  const db = openNodeDatabase(":memory:");
  const file = join(folder, "rows.csv");
  writeFileSync(file, `first,last,dob,pc,discount,status\n${forename},Shah,1980-01-02,NW1 1AA,none,open\n`);
  const mapping = parseMappingText(`dateFormat: ymd
mapping: { forename: first, surname: last, date_of_birth: dob, postcode: pc }
attributes: { discount: discount, status: status }
`);
  await importFile({
    db,
    file,
    dataset: "council-tax",
    mapping,
    rejectsFile: join(folder, "rejects.csv"),
    clock: CLOCK,
  });
  const { digests, units } = createPopulationSource(db, IN_MEMORY).columns(requireMatch(charter), "left");
  expect(units).toBe(1);
  const [block] = [...digests.blocks()];
  const key = bytesToHex(block!.digestsOf(0));
  digests.close();
  db.close();
  return key;
}

function charterWith(diminutives?: Json): Charter {
  const document = exampleDocument();
  (document["operation"] as Record<string, Json>)["cascade"] = ["diminutive-dob-postcode"];
  if (diminutives !== undefined) (document["dataset"] as Record<string, Json>)["diminutives"] = diminutives;
  return parseCharter(document);
}

describe("a node's population", () => {
  it("takes the short and pet names of the charter, which every node of it has", async () => {
    const charter = charterWith([["DIVYA", "DIVY"]]);
    expect(await keyOf("Divy", charter)).toBe(await keyOf("Divya", charter));
    expect(await keyOf("Divy", charterWith())).not.toBe(await keyOf("Divya", charterWith()));
    expect(await keyOf("Bob", charter)).toBe(await keyOf("Robert", charterWith()));
  });
});
