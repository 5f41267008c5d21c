/** Run one action over many cases, one after the other. Pure: no page, no network. */
import { Problem } from "../../net/api.js";

/** Takes one case's change back. */
export type TakeBack = () => Promise<unknown>;

/** What became of each case. */
export interface Outcome {
  /** The cases that are as they should be now. */
  done: string[];
  /** The error of each case that failed. */
  failed: Map<string, unknown>;
  /** How to take back each change. */
  takeBacks: Map<string, TakeBack>;
}

/** The work for one case. It returns how to take its change back, or nothing if that is impossible or nothing changed. */
export type CaseWork = (id: string) => Promise<TakeBack | undefined>;

/** After these, the work would fail for every further case too. */
const ENDING = ["offline", "sign-in"];

/**
 * Run `work` for each case. A case that fails does not stop the others, and is tried once more if somebody else was
 * faster. Without a connection or a session, the rest fails at once.
 *
 * @param onProgress called before each case, with the number of cases before it.
 * @param isCurrent whether the member is still signed in. If not, nothing more is begun.
 * @param pause waits between two cases, so that the page can answer to its user.
 */
export async function oneByOne(
  ids: string[],
  work: CaseWork,
  onProgress: (done: number) => void,
  isCurrent: () => boolean,
  pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve)),
): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: new Map(), takeBacks: new Map() };
  for (const [index, id] of ids.entries()) {
    if (!isCurrent()) break;
    onProgress(index);
    try {
      const takeBack = await againIfStale(() => work(id));
      outcome.done.push(id);
      if (takeBack) outcome.takeBacks.set(id, takeBack);
    } catch (error) {
      const ends = error instanceof Problem && ENDING.includes(error.kind);
      for (const failed of ends ? ids.slice(index) : [id]) outcome.failed.set(failed, error);
      if (ends) break;
    }
    await pause();
  }
  return outcome;
}

async function againIfStale<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    return await work();
  }
}
