import { describe, expect, it } from "vitest";
import { logGamma, normalTails, studentTails } from "../../../../shared/learning/tails.ts";

function expectClose(value: number, known: number, relative = 1e-12): void {
  expect(Math.abs(value - known)).toBeLessThanOrEqual(relative * Math.abs(known));
}

describe("tails", () => {
  // mpmath 1.3, erfc(z/√2) to 20 figures.
  it.each([
    [0.1, 0.92034432544594203266],
    [1, 0.31731050786291410283],
    [1.959963984540054, 0.050000000000000021752],
    [2.5, 0.012419330651552270334],
    [2.83, 0.0046548004134631079639],
    [5, 5.7330314375838782335e-7],
    [10, 1.5239706048321052132e-23],
    [30, 9.8134278542963741191e-198],
    [37, 1.1451142445049153645e-299],
  ])("of the normal beyond %d are those computed to twenty figures", (z, known) => {
    expectClose(normalTails(z), known);
    expect(normalTails(-z)).toBe(normalTails(z));
  });

  // mpmath 1.3, the regularised incomplete beta function to 20 figures.
  it.each([
    [0.5, 10, 0.62789360574297294271],
    [2.2281388519649385, 10, 0.050000000001808668939],
    [3, 25, 0.0060381795651434871205],
    [1, 1000, 0.31755241808467230708],
    [5, 50_000, 5.7523850569412594281e-7],
    [40, 12, 3.8512295807720338124e-14],
  ])("of Student's t beyond %d with %d degrees are those computed to twenty figures", (t, freedom, known) => {
    // The gamma functions' logarithms cancel: at 50,000 degrees five figures of theirs.
    expectClose(studentTails(t, freedom), known, freedom > 100 ? 1e-9 : 1e-12);
  });

  it("of Student's t with one and two degrees are the closed forms", () => {
    for (const t of [0, 0.2, 1, 3, 20]) {
      expectClose(studentTails(t, 1), 1 - (2 / Math.PI) * Math.atan(t), 1e-11);
      expectClose(studentTails(t, 2), 1 - t / Math.sqrt(2 + t * t), 1e-11);
    }
  });

  it("end at one and at nothing", () => {
    expect([normalTails(0), studentTails(0, 20), normalTails(60)]).toEqual([1, 1, 0]);
  });
});

describe("the gamma function's logarithm", () => {
  // mpmath 1.3; 1 and 2 have none.
  it.each([
    [0.5, 0.57236494292470008707],
    [3.7, 1.4280723266653881292],
    [12.5, 18.734347511936445702],
    [101, 363.73937555556349014],
    [100_001, 1051299.2218991218651],
  ])("at %d is the one computed to twenty figures", (x, known) => {
    expectClose(logGamma(x), known, 1e-14);
  });

  it("is that of the factorial", () => {
    for (let n = 1, factorial = 1; n < 18; factorial *= n++) {
      expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-13 * Math.max(1, Math.log(factorial)));
    }
  });
});
