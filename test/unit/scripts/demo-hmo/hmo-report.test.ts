import { describe, expect, it } from "vitest";
import { drawHmo } from "../../../../scripts/demo-hmo/hmo-chart.ts";
import { medianOf, type HmoFacts } from "../../../../scripts/demo-hmo/hmo-facts.ts";
import { hmoReport } from "../../../../scripts/demo-hmo/hmo-report.ts";

const quality = (auc: number, lift: number) => ({ auc, lift });
const FACTS: HmoFacts = {
  boroughs: [
    {
      title: "Camden",
      labelled: 120,
      found: 6,
      cases: 9,
      alone: quality(0.71, 2.5),
      federated: quality(0.88, 5.25),
      pooled: quality(0.88, 5.25),
    },
    {
      title: "Kingston & Co <Ltd>",
      labelled: 104,
      found: 0,
      cases: 9,
      alone: null,
      federated: quality(0.86, 4),
      pooled: quality(0.86, 4),
    },
    {
      title: "Brent",
      labelled: 300,
      found: 14,
      cases: 9,
      alone: quality(0.85, 5),
      federated: quality(0.84, 4.5),
      pooled: quality(0.84, 4.5),
    },
  ],
  list: {
    title: "Brent",
    rows: [
      {
        reference: "BRE-P7",
        score: 0.912,
        reasons: [
          { name: "tenure_private", contribution: 1.416 },
          { name: "class_n", contribution: -0.3 },
        ],
      },
      { reference: "BRE-P9", score: 0.4, reasons: [{ name: "surnames", contribution: 0.9 }] },
    ],
  },
};

describe("the median over boroughs", () => {
  it("leaves out boroughs without a model of their own", () => {
    expect(medianOf(FACTS, "alone", "auc")).toBeCloseTo(0.78, 12);
    expect(medianOf(FACTS, "federated", "lift")).toBe(4.5);
    const none = { ...FACTS, boroughs: FACTS.boroughs.slice(1, 2) };
    expect(medianOf(none, "alone", "auc")).toBeNull();
  });
});

describe("the HMO report", () => {
  const text = hmoReport(FACTS);

  it("has a line for each borough with its labels and every model's figures", () => {
    expect(text).toMatch(/^Camden +120 +6 +9 +0\.710 +0\.880 +0\.880 +2\.5 +5\.3 +5\.3$/m);
    expect(text).toMatch(/^Kingston & Co <Ltd> +104 +0 +9 +- +0\.860 +0\.860 +- +4\.0 +4\.0$/m);
    expect(text).toMatch(/^median +0\.780 +0\.860 +0\.860 +3\.8 +4\.5 +4\.5$/m);
  });

  it("says what federating gains, at how many boroughs, and where none could learn alone", () => {
    expect(text).toContain("Median AUC: 0.780 alone, 0.860 federated: +0.080.");
    expect(text).toContain("better than the borough's own at 1 of 2 boroughs");
    expect(text).toContain("No model of its own could be learned at 1 of 3 boroughs.");
  });

  it("says so where federated is not pooled", () => {
    expect(text).toContain("The federated model's AUC is the pooled model's at every borough.");
    const [first, ...others] = FACTS.boroughs;
    const apart = hmoReport({ ...FACTS, boroughs: [{ ...first!, pooled: quality(0.87, 5) }, ...others] });
    expect(apart).toContain("lie at most 1.0e-2 at any borough");
    expect(apart).not.toContain("is the pooled model's");
  });

  it("gives the list in its order with reasons, and says what a score is not", () => {
    expect(text).toContain("1  0.912  BRE-P7  tenure_private +1.42, class_n -0.30\n");
    expect(text.indexOf("BRE-P7")).toBeLessThan(text.indexOf("BRE-P9"));
    expect(text).toContain("A score supports a decision and does not make one");
  });
});

describe("the HMO plot", () => {
  it("has a dot for each model of each borough, in both panels, and tells the figures in words", async () => {
    const svg = await drawHmo(FACTS);
    const dots = (colour: string) => svg.match(new RegExp(`<path [^>]*fill="${colour}"`, "g"))?.length;
    expect(dots("#c2510c")).toBe(2 * 2);
    expect(dots("#1d70b8")).toBe(3 * 2);
    expect(svg).toContain("<title>How well models of unlicensed HMOs rank, by borough</title>");
    expect(svg).toContain("Median AUC: federated 0.860, pooled in the open 0.860, each borough alone 0.780.");
    expect(svg).toContain("Kingston &#38; Co &#60;Ltd&#62;: alone no model; federated AUC 0.860, lift 4.0");
    expect(svg).not.toContain("<Ltd>");
  });

  it("draws an AUC that is worse than chance within the panel", async () => {
    const [first, ...others] = FACTS.boroughs;
    const svg = await drawHmo({ ...FACTS, boroughs: [{ ...first!, alone: quality(0.31, 0) }, ...others] });
    const places = [...svg.matchAll(/<path [^>]*transform="translate\(([-\d.]+),[-\d.]+\)"[^>]*fill="#c2510c"/g)];
    expect(places.length).toBe(4);
    for (const [, x] of places) expect(Number(x)).toBeGreaterThanOrEqual(0);
  });
});
