import { mapToElements, multiplyElements } from "../crypto/curve-elements.ts";

/**
 * The heavy part of double-salt matching, as values in and values out, so that a node can spread it over worker threads
 * and a simulation can do it in place. Results do not depend on how the work is cut.
 */
export interface CurveWork {
  /** @param seeds n × 32 bytes @returns n elements */
  map(seeds: Uint8Array): Promise<Uint8Array>;
  /**
   * @param scalar 32 secret bytes, not kept
   * @returns n elements, or the position of one of small order
   */
  multiply(scalar: Uint8Array, elements: Uint8Array): Promise<Uint8Array | { readonly small: number }>;
}

/** In the caller's thread. */
export const inlineCurveWork: CurveWork = {
  map: (seeds) => Promise.resolve(mapToElements(seeds)),
  multiply: (scalar, elements) => Promise.resolve(multiplyElements(scalar, elements)),
};
