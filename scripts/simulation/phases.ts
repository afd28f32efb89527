/** Wall clock and bytes from one state of the round to the next. */
export function createPhases(bytesSoFar: () => number) {
  const phases: { name: string; ms: number; bytes: number }[] = [];
  let current: { name: string; since: number; bytes: number } | null = null;
  return {
    /** @returns whether it is a state that the round was not in already */
    enter(name: string): boolean {
      if (current?.name === name) return false;
      const [now, bytes] = [performance.now(), bytesSoFar()];
      if (current !== null) {
        phases.push({ name: current.name, ms: Math.round(now - current.since), bytes: bytes - current.bytes });
      }
      current = { name, since: now, bytes };
      return true;
    },
    all: () => phases,
  };
}
