import type { LearningControls } from "./task.ts";

/**
 * What is published of fewer boroughs is their own figure, which stays at home: of one alone as such; where two have it,
 * each knows the other's.
 */
const LEAST_HOLDERS = 3;

/** How many boroughs must hold a level, or a group's value, before anything is published of it. */
export function leastHolders({ minimumHolders, notForRelease }: LearningControls): number {
  return minimumHolders ?? (notForRelease === true ? 0 : LEAST_HOLDERS);
}
