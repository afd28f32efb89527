import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideQuestion } from "../../../../shared/aggregation/question-rule.ts";

const ten = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const without = (...gone: string[]) => ten.filter((party) => !gone.includes(party));

describe("question rule", () => {
  it("signs a first cohort, and the same again in any order", () => {
    expect(decideQuestion([], ten)).toBe("first");
    expect(decideQuestion([ten], ten.toReversed())).toBe("same");
  });

  it("signs one second cohort where three or more are left out, or come in, or both", () => {
    expect(decideQuestion([ten], without("a", "b", "c"))).toBe("second");
    expect(decideQuestion([without("a", "b", "c")], ten)).toBe("second");
    expect(decideQuestion([without("a", "b", "c")], without("d", "e", "f", "g"))).toBe("second");
  });

  it("refuses a second cohort that differs by one or two on either side", () => {
    expect(decideQuestion([ten], without("a"))).toBe("refused");
    expect(decideQuestion([ten], without("a", "b"))).toBe("refused");
    expect(decideQuestion([without("a")], ten)).toBe("refused");
    expect(decideQuestion([without("a")], without("b"))).toBe("refused");
    // Three come in, but two go.
    expect(decideQuestion([without("a", "b", "c")], without("d", "e"))).toBe("refused");
  });

  it("never signs a third, and repeats either of the two", () => {
    const history = [ten, without("a", "b", "c")];
    expect(decideQuestion(history, without("d", "e", "f", "g"))).toBe("refused");
    expect(decideQuestion(history, ten)).toBe("same");
    expect(decideQuestion(history, without("a", "b", "c"))).toBe("same");
  });

  it("counts a party once however often it is named", () => {
    expect(decideQuestion([ten], [...ten, "a"])).toBe("same");
    expect(decideQuestion([without("a", "b")], [...without("a", "b"), "a", "a", "b"])).toBe("refused");
  });

  it("signs at most two cohorts, and no two with a difference of one or two, whatever is asked in whatever order", () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(ten, { minLength: 3 }), { maxLength: 12 }), (asked) => {
        const history: string[][] = [];
        for (const next of asked) {
          const decision = decideQuestion(history, next);
          if (decision === "first" || decision === "second") history.push(next);
        }
        expect(history.length).toBeLessThanOrEqual(2);
        const [first = [], second = first] = history;
        for (const [from, to] of [
          [first, second],
          [second, first],
        ] as const) {
          const apart = from.filter((party) => !to.includes(party)).length;
          expect(apart === 0 || apart >= 3).toBe(true);
        }
      }),
    );
  });
});
