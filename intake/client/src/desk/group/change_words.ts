/** Store a change of the group words, while colleagues change them too. */
import { ask, Problem } from "../../net/api.js";
import { numberShape } from "../member/answers.js";
import type { Member } from "../member/member.js";
import { signPresent } from "../member/snapshots.js";
import type { Words } from "../member/words.js";

const TRIES = 4; // to store a change, each after a change by a colleague

/**
 * Store a change of the group words. If a colleague was faster, make it again on their words. `change` throws a
 * `Problem` of the kind "stale" if they changed the same thing.
 */
export async function changeWords(me: Member, change: (now: Words) => Words): Promise<void> {
  for (let round = 1; ; round++) {
    const now = me.words;
    const next = change(now);
    if (JSON.stringify(next) === JSON.stringify(now)) break; // the answer to an earlier attempt was lost
    try {
      await ask("PUT", "/api/desk/names", numberShape, await me.sealNamesFile({ words: next }));
      break;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
      await me.refresh();
    }
  }
  await me.refresh();
  await signPresent(me);
}
