/** A bound on the time that some work takes. */
import assert from "node:assert/strict";

const TRIES = 5; // whatever else the machine does only adds time, so one try within the bound shows it

/** Check that work takes less than a number of milliseconds, in one of five tries. */
export function takesLessThan(bound: number, work: () => void): void {
  const taken: number[] = [];
  while (taken.length < TRIES && !(Math.min(...taken) < bound)) {
    const begun = performance.now();
    work();
    taken.push(performance.now() - begun);
  }
  assert.ok(Math.min(...taken) < bound, `${taken.map((ms) => Math.round(ms)).join(", ")} ms`);
}
