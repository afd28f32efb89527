import { describe, expect, it } from "vitest";
import { parseCharter } from "../../../../shared/protocol/charter.ts";
import { explainCharter } from "../../../../shared/protocol/explain.ts";
import { explanationText } from "../../../../shared/protocol/explain-text.ts";
import { homesEvaluation, homesTraining, type Document } from "../../../helpers/learning-charters.ts";

const MODEL = "3f".repeat(32);

function explained(document: Document, self: string) {
  const charter = parseCharter(document);
  const explanation = explainCharter(charter, self);
  return { leaves: explanation.leaves.map(({ type }) => type), text: explanationText(charter, explanation) };
}

const OWNER = ["decision", "preflight-answer", "keys", "shares", "masked-input", "agree", "unmask", "abort"];

describe("charter explain, of a charter that learns", () => {
  const training = homesTraining({ evaluate: { metrics: ["auc"], groups: [], bins: 64, top: [] } });

  it("names what an owner sends, and what an opener sends besides", () => {
    expect(new Set(explained(training, "camden").leaves)).toEqual(new Set(OWNER));
    expect(new Set(explained(training, "hackney").leaves)).toEqual(
      new Set([...OWNER, "next-model", "protected-result"]),
    );
  });

  it("says what a column is for, which codes are merged, and how long a model may be used", () => {
    const { text } = explained(training, "camden");
    expect(text).toContain("hmo: as what is learned: positive where >0");
    expect(text).toContain(
      "A code that fewer than 10 rows of all boroughs have with either label is merged with others.",
    );
    expect(text).toContain("So is a code that fewer than three boroughs have: its figure would be their own.");
    expect(text).toContain("The model may be used 365 days.");
    expect(text).not.toMatch(/matcher compares|A tag is/);
  });
});

describe("charter explain, of a charter that evaluates", () => {
  it("has no next model among what leaves", () => {
    expect(new Set(explained(homesEvaluation(MODEL), "hackney").leaves)).toEqual(
      new Set([...OWNER, "protected-result"]),
    );
  });

  it("says that a model is judged, by which label, and that scores stay", () => {
    const { text } = explained(homesEvaluation(MODEL), "camden");
    expect(text).toContain("hmo: as what the model's scores are held against: positive where >0");
    expect(text).toContain("A score, by the released model 3f3f3f3f3f3f from 3 features, to be held against hmo.");
    expect(text).toContain("scores stay here, and nothing is learned");
    expect(text).toContain("Only if at least 3 of the 3 boroughs contribute to the sum.");
    expect(text).not.toMatch(/merged with others|may be used|matcher compares|A tag is/);
  });
});
