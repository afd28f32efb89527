import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DIMINUTIVES,
  extendDiminutives,
  groupsJoined,
  parseDiminutives,
  sameNames,
} from "../../../../../shared/matching/standardise/diminutives.ts";
import { fold, foldWords } from "../../../../../shared/matching/standardise/fold.ts";
import { nameParts, sortedLetters, standardiseName } from "../../../../../shared/matching/standardise/names.ts";
import { soundOf } from "../../../../../shared/matching/standardise/sounds.ts";
import { codeOf } from "../../crypto/support.ts";
import { anyText, itIsTotalAndIdempotent, told } from "./support.ts";

describe("foldWords", () => {
  it.each([
    ["  O'Brien-Smith ", "O BRIEN SMITH"],
    ["Łukasz", "LUKASZ"],
    ["Gørding", "GORDING"],
    ["Ægir Óðinsson", "AEGIR ODINSSON"],
    ["Þóra", "THORA"],
    ["Straße", "STRASSE"],
    ["STRAẞE", "STRASSE"],
    ["Đặng", "DANG"],
    ["Işık", "ISIK"],
    ["Œuvrard", "OEUVRARD"],
    ["Ħal Ŧeŋ", "HAL TEN"],
    ["Müller", "MULLER"],
    ["Žižek-Č.", "ZIZEK C"],
    ["李", ""],
  ])("folds %j to %j", (text, words) => {
    expect(foldWords(text)).toBe(words);
    expect(fold(text)).toBe(words.replaceAll(" ", ""));
  });

  it("is the same for every Unicode form, capital or small, and for its own result", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = foldWords(text);
        expect(once).toMatch(/^(?:[A-Z0-9]+(?: [A-Z0-9]+)*)?$/);
        expect(foldWords(once)).toBe(once);
        expect(foldWords(text.normalize("NFD"))).toBe(foldWords(text.normalize("NFC")));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes the short way for ASCII to the same end as the long one", () => {
    const ascii = fc.string({ unit: "binary-ascii" });
    fc.assert(
      fc.property(ascii, (text) => {
        // A letter that is not ASCII, and falls out, makes it go the long way.
        expect(foldWords(`${text} 李`)).toBe(foldWords(text));
      }),
    );
  });
});

describe("standardiseName", () => {
  it.each([
    ["Mrs. Ann-Marie", "ANN MARIE"],
    ["Prof Dr Ada", "ADA"],
    ["Smith OBE", "SMITH"],
    ["Dr", "DR"],
    ["Lord", "LORD"],
    ["Mr Mr", "MR"],
    ["O’Brien", "O BRIEN"],
    ["de la Cruz", "DE LA CRUZ"],
    ["NO NAME", "missing"],
    ["no surname", "missing"],
    ["Unknown", "missing"],
    ["Mr Unknown", "missing"],
    ["Baby of Jones", "missing"],
    ["BABY GIRL", "missing"],
    ["Baby", "BABY"],
    ["No", "NO"],
    ["Null", "NULL"],
    ["李", "unreadable: no letter or digit"],
    ["---", "unreadable: no letter or digit"],
  ])("reads %j as %j", (text, expected) => {
    expect(told(standardiseName(text))).toBe(expected);
  });

  itIsTotalAndIdempotent("names", standardiseName);
});

describe("nameParts", () => {
  it.each([
    ["DE LA CRUZ SMITH", ["DELACRUZ", "SMITH"]],
    ["O BRIEN", ["OBRIEN"]],
    ["MC DONALD JONES", ["MCDONALD", "JONES"]],
    ["VAN DER BERG", ["VANDERBERG"]],
    ["MARY ANN", ["MARY", "ANN"]],
    ["DA", ["DA"]],
    ["SMITH DE", ["SMITH", "DE"]],
    ["", []],
  ])("takes %j for the parts %j", (name, parts) => {
    expect(nameParts(name)).toEqual(parts);
  });

  it("loses no letter of any text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(nameParts(text).join("")).toBe(fold(text));
      }),
    );
  });
});

describe("sortedLetters", () => {
  it("is the same for swapped names and for a letter out of place", () => {
    expect(sortedLetters("JOHNSMITH")).toBe(sortedLetters("SMITHJOHN"));
    expect(sortedLetters("SMIHT")).toBe("HIMST");
  });

  it("loses no letter of any text, and changes nothing the second time", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = sortedLetters(text);
        expect(sortedLetters(once)).toBe(once);
        expect(once).toHaveLength(text.length);
      }),
    );
  });
});

describe("soundOf", () => {
  it.each([
    ["SMITH", "SM0"],
    ["Smyth", "SM0"],
    ["PHILIP", "FLP"],
    ["FILLIP", "FLP"],
    ["STEPHEN", "STFN"],
    ["STEVEN", "STFN"],
    ["O BRIEN", "APRN"],
    ["FEATHERSTONEHAUGH", "F0RS"],
  ])("hears %s as %s", (name, sound) => {
    expect(soundOf(name)).toBe(sound);
  });

  it.each(["", "J0HN", "李", "H"])("hears nothing in %j", (name) => {
    expect(soundOf(name)).toBeNull();
  });

  it("never throws", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(soundOf(text) ?? "A").toMatch(/^[A-Z0]{1,4}$/);
      }),
    );
  });
});

describe("diminutives", () => {
  it.each([
    ["BOB", "ROBERT"],
    ["LIAM", "BILLY"],
    ["PEGGY", "MARGARET"],
    ["MOHD", "MUHAMMAD"],
    ["KATE", "CATHRYN"],
    ["ALEXANDRA", "ALEX"],
  ])("has %s and %s in one group", (one, other) => {
    expect(DIMINUTIVES.get(one)).toBeDefined();
    expect(DIMINUTIVES.get(one)).toBe(DIMINUTIVES.get(other));
  });

  it("keeps common names of different people apart, in groups of at most 25", () => {
    const names = [
      "JOHN",
      "JAMES",
      "ROBERT",
      "MARY",
      "ANN",
      "SUSAN",
      "DAVID",
      "DANIEL",
      "OLIVER",
      "ALFRED",
      "EDWARD",
      "JANE",
    ];
    expect(new Set(names.map((name) => DIMINUTIVES.get(name))).size).toBe(names.length);
    const sizes = new Map<string, number>();
    for (const head of DIMINUTIVES.values()) sizes.set(head, (sizes.get(head) ?? 0) + 1);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(25);
  });

  it("leads every name of a group to a name that leads to itself", () => {
    for (const head of DIMINUTIVES.values()) expect(DIMINUTIVES.get(head)).toBe(head);
  });

  it("takes a charter's groups, alone or joined to those there are", () => {
    const extended = extendDiminutives([
      ["DIVYA", "DIVY"],
      ["BOB", "BOBBINSON"],
    ]);
    expect(extended.get("DIVY")).toBe("DIVYA");
    expect(extended.get("BOBBINSON")).toBe(DIMINUTIVES.get("ROBERT"));
    expect(extended.get("KATE")).toBe(DIMINUTIVES.get("KATE"));
    expect(extendDiminutives([])).toBe(DIMINUTIVES);
  });

  it("says which names are compared as one, and which groups a new one would join", () => {
    expect(sameNames("LES", DIMINUTIVES)).toEqual(["LES", "LESLEY", "LESLIE"]);
    expect(sameNames("DIVY", DIMINUTIVES)).toEqual([]);
    expect(groupsJoined(["DIVYA", "DIVY"])).toEqual([]);
    expect(groupsJoined(["BOB", "ROBERT", "BOBBINSON"])).toHaveLength(1);
    expect(groupsJoined(["BOB", "MARY"])).toHaveLength(2);
  });

  it("reads groups as people write them", () => {
    expect(parseDiminutives("# ours\n\ndivya, divy\r\nBOB  bobbinson # a remark\n")).toEqual([
      ["DIVYA", "DIVY"],
      ["BOB", "BOBBINSON"],
    ]);
  });

  it("refuses a line that is no group, by its number", () => {
    expect(codeOf(() => parseDiminutives("BOB ROBERT\nALONE"))).toBe("bad-input");
    expect(() => parseDiminutives("BOB ROBERT\nB0B ROBERT")).toThrow("line 2");
  });

  it("never throws anything but that, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          for (const names of parseDiminutives(text)) expect(names.length).toBeGreaterThan(1);
        } catch (error) {
          expect((error as Error).name).toBe("ProtocolError");
        }
      }),
    );
  });
});
