/**
 * The work that a member's client does by itself. It counts and shows the cases that it cannot move.
 *
 * - It stores its share of the recovery key.
 * - It rotates keys that are due.
 * - It proposes a new recovery key after members have changed.
 * - It moves cases of former holders, and cases whose recovery grant is to an older key.
 * - It gives cases that nobody opens to one more colleague.
 */
import { addDays } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import { RECOVERY } from "../crypto/recovery_key.js";
import { Problem } from "../net/api.js";
import { t } from "../page/i18n.js";
import type { Said } from "./action_states.js";
import type { Actions } from "./actions.js";
import * as cases from "./cases/cases.js";
import * as assignment from "./cases/assignment.js";
import type { Member } from "./member/member.js";
import { isOld, waitingShare } from "./group/recovery_state.js";
import { isDue } from "./keys/rotation_day.js";
import { loadLazyViews } from "./load_lazy_views.js";
import type { CaseList } from "./cases/list.js";
import type { Row } from "./cases/rows.js";
import { enactPending } from "./member/snapshots.js";

const WAITING_DAYS = 2;
type Progress = Actions["progress"];

/** List the rows that this client must move. */
export const rowsToMove = (me: Member, rows: Row[]): Row[] => {
  const deal = me.counts.recovery_key?.id;
  return rows.filter(
    (row) =>
      row.inherited ||
      hasDeparted(me, row.holders) ||
      isWaiting(me, row) ||
      (deal !== undefined && row.holders[RECOVERY] !== deal),
  );
};

/** Return whether a case is unopened for days and has no additional colleague yet. */
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

/** Before the list: share, snapshot, names, rotation, recovery key. */
export async function runBeforeList(me: Member, progress: Progress): Promise<void> {
  if (!me.canSign) return; // the desk shows why
  if (await waitingShare(me)) await (await loadLazyViews()).keepShare(me);
  if ((await enactPending(me)) || me.namesAreOld) await (await loadLazyViews()).followUp(me);
  if (isDue(me))
    await (
      await loadLazyViews()
    ).rotate(
      me,
      progress(() => t("Renewing your keys…")),
    );
  if (isOld(me)) await (await loadLazyViews()).renew(me);
}

/** After the list: move what must be moved. Returns what to say about cases that could not be moved. */
export async function moveCases(
  me: Member,
  caseList: CaseList | null,
  progress: Progress,
  isCurrent: () => boolean,
): Promise<Said | null> {
  const failed = await runAfterList(
    me,
    caseList?.rows ?? [],
    progress(() => t("Moving cases…")),
    isCurrent,
  );
  return failed ? () => t("Some cases could not be moved: %(number)s.", { number: String(failed) }) : null;
}

/** Move cases of former holders, and recovery grants. Returns how many could not be moved. */
async function runAfterList(
  me: Member,
  rows: Row[],
  onProgress: ReturnType<Progress>,
  isCurrent: () => boolean,
): Promise<number> {
  const work = me.canSign ? rowsToMove(me, rows) : [];
  let failed = 0;
  for (const [done, row] of work.entries()) {
    if (!isCurrent()) break;
    onProgress(done, work.length);
    try {
      const opened = await cases.readCase(me, row.id);
      if (hasDeparted(me, row.holders)) await assignment.replaceFormerHolder(me, opened);
      else if (row.inherited) await cases.fresh(me, opened);
      else if (isWaiting(me, row)) await assignment.addHolder(me, opened);
      else await assignment.moveRecovery(me, opened);
    } catch (error) {
      const passing =
        error instanceof CryptoError ||
        (error instanceof Problem && (error.kind === "stale" || error.kind === "not-found"));
      if (!passing) throw error;
      failed++;
    }
  }
  if (work.length) onProgress(work.length, work.length);
  return failed;
}
