/**
 * What a member's client does by itself, while they work: keeps its share, rotates keys that are due, proposes a new recovery key
 * when members have changed, moves cases whose holder has left or whose recovery grant hangs on an older key, and gives those that
 * nobody has opened for days to one colleague more. What cannot be done is counted and shown, not hidden.
 */
import { addDays } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import { RECOVERY } from "../crypto/recovery_key.js";
import { Problem } from "../net/api.js";
import * as cases from "./cases/cases.js";
import * as assignment from "./cases/assignment.js";
import { followUp } from "./group/decisions.js";
import type { Member } from "./member/member.js";
import * as recovery from "./group/recovery.js";
import { isDue, type OnProgress, rotate } from "./keys/rotation.js";
import type { Row } from "./cases/rows.js";
import { enactPending } from "./member/snapshots.js";

const WAITING_DAYS = 2;

/** Rows that this member's client must touch: a holder has left, or the recovery grant is not to the present key. */
export const behind = (me: Member, rows: Row[]): Row[] => {
  const deal = me.counts.deal?.id;
  return rows.filter(
    (row) =>
      row.inherited ||
      hasDeparted(me, row.holders) ||
      isWaiting(me, row) ||
      (deal !== undefined && row.holders[RECOVERY] !== deal),
  );
};

/** Unopened for days, and not yet with one colleague more than it was assigned to. */
const isWaiting = (me: Member, { fresh, open, summary, holders }: Row): boolean => {
  const holding = Object.keys(holders).filter((member) => member !== RECOVERY);
  return (
    fresh &&
    open &&
    addDays(summary.arrived, WAITING_DAYS) <= me.today &&
    holding.length <= assignment.SEATS &&
    assignment.leastBusy(me, holding).length > 0
  );
};

const hasDeparted = (me: Member, holders: Record<string, string>): boolean =>
  Object.keys(holders).some((member) => member !== RECOVERY && !me.group.keys.members.has(member));

/** Before the list: share, names, rotation. */
export async function first(me: Member, onProgress: OnProgress): Promise<void> {
  if (!me.canSign) return; // the desk says so
  await recovery.keepShare(me);
  if ((await enactPending(me)) || me.namesAreOld) await followUp(me);
  if (isDue(me)) await rotate(me, onProgress);
  await recovery.renew(me);
}

/** After the list: cases that someone who left had as well, and recovery grants. Returns how many could not be moved. */
export async function second(me: Member, rows: Row[], onProgress: OnProgress, going: () => boolean): Promise<number> {
  const work = me.canSign ? behind(me, rows) : [];
  let failed = 0;
  for (const [done, row] of work.entries()) {
    if (!going()) break;
    onProgress(done, work.length);
    try {
      const one = await cases.look(me, row.id);
      if (hasDeparted(me, row.holders)) await assignment.closeRanks(me, one);
      else if (row.inherited) await cases.reclaim(me, one);
      else if (isWaiting(me, row)) await assignment.relieve(me, one);
      else await assignment.moveRecovery(me, one);
    } catch (error) {
      const passing =
        error instanceof CryptoError ||
        (error instanceof Problem && (error.kind === "stale" || error.kind === "not-found"));
      if (!passing) throw error;
      failed++;
    }
  }
  return failed;
}
