/**
 * Probabilities of the tails, for Wald tests. Relative accuracy 1e-12 or better over what a test can meet, checked against values
 * computed to 30 figures; slow and plain, because a model has a few hundred of them.
 */

/** P(|Z| ≥ |z|) of a standard normal: erfc(|z|/√2). 0 from about |z| = 38.5, where it is below the least number. */
export function normalTails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const x2 = x * x;
  if (x < 2) {
    // Abramowitz and Stegun 7.1.6: all terms positive, so nothing cancels.
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x2) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x2) * sum;
  }
  // Abramowitz and Stegun 7.1.14, a continued fraction, from its far end.
  let rest = 0;
  for (let n = 120; n >= 1; n--) rest = n / 2 / (x + rest);
  return Math.exp(-x2) / Math.sqrt(Math.PI) / (x + rest);
}

/** P(|T| ≥ |t|) of Student's t with `freedom` degrees: the incomplete beta function, I of (ν/2, 1/2) at ν/(ν + t²). */
export function studentTails(t: number, freedom: number): number {
  const x = freedom / (freedom + t * t);
  const front = betaFront(x, freedom / 2, 0.5);
  // Where the fraction converges fast; else its mirror image.
  if (x < (freedom / 2 + 1) / (freedom / 2 + 2.5)) return (front / (freedom / 2)) * betaFraction(x, freedom / 2, 0.5);
  return 1 - (front / 0.5) * betaFraction(1 - x, 0.5, freedom / 2);
}

function betaFront(x: number, a: number, b: number): number {
  if (x === 0 || x === 1) return 0;
  return Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
}

/** Abramowitz and Stegun 26.5.8, from its far end. */
function betaFraction(x: number, a: number, b: number): number {
  let rest = 0;
  for (let m = 200; m >= 1; m--) {
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    rest = even / (1 + odd / (1 + rest));
  }
  const first = (-(a + b) * x) / (a + 1);
  return 1 / (1 + first / (1 + rest));
}

/** Log of the gamma function, x > 0: Stirling's series (Abramowitz and Stegun 6.1.40) from 12 on, stepped up to there. */
export function logGamma(x: number): number {
  let shift = 1;
  let y = x;
  for (; y < 12; y++) shift *= y;
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - (z * 691) / 360360))))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - Math.log(shift);
}
