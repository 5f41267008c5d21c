/**
 * Actions on the selected cases: the status, a tag, close, share, hand over. One runs at a time, case after case. The case
 * on the screen is closed here too.
 *
 * Status, tags and closing take effect at once and can be taken back for ten seconds. Sharing and handing over are held back
 * for ten seconds, because nothing can take keys back that a colleague has read.
 */
import type { StatusName } from "../../crypto/entry.js";
import { formatExpiry } from "../../page/expiry.js";
import { t, tn } from "../../page/i18n.js";
import { isLeaving } from "../../page/quick_exit.js";
import { NOTHING, type Said } from "../action_states.js";
import type { Runner } from "../action_button.js";
import { errorMessage } from "../error_messages.js";
import type { Member } from "../member/member.js";
import { Undos } from "../undo.js";
import * as assignment from "./assignment.js";
import * as cases from "./cases.js";
import type { ListState } from "./list_state.js";
import { type CaseWork, oneByOne, type Outcome, type TakeBack } from "./one_by_one.js";
import { deselect, freshSelection, selectOnly } from "./selection.js";
import { statusLabel } from "./status.js";
import { setTag } from "./tags.js";
import { tagLabel } from "./tags_view.js";

const FEW = 40; // cases, up to which each row is read again by itself

/** What the desk does for actions on several cases. */
interface Desk extends Runner {
  draw: () => void;
}

/** Reads one row again, or the whole list. */
interface Rows {
  follow: (id: string) => Promise<void>;
  load: () => Promise<void>;
}

export class Bulk {
  readonly undos: Undos;
  /** How far the action is that runs. */
  progress: { words: () => string; done: number; of: number } | null = null;
  private running = new Set<string>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly me: Member,
    private readonly list: ListState,
    private readonly rows: Rows,
    private readonly desk: Desk,
    private readonly isCurrent: () => boolean,
  ) {
    this.undos = new Undos(() => {
      const before = document.activeElement;
      const added = this.undos.entries.length - document.querySelectorAll(".undo").length;
      desk.draw();
      // The button that had the focus may be gone: the bar's after an action, or Undo after its time. From the Undo of an
      // earlier action the focus moves to the newest, so that nobody takes back another one than they mean.
      const isOlder = added > 0 && (before?.matches(".undo") ?? false);
      if (!isOlder && (before?.isConnected || before === document.body)) return;
      ([...document.querySelectorAll<HTMLElement>(".undo")].at(-1) ?? document.querySelector("h1"))?.focus();
    });
  }

  /** Whether leaving the page now would lose something. */
  get isBusy(): boolean {
    return this.undos.isHolding || this.progress !== null;
  }

  /** Whether the row of this case is read again when the present action ends. */
  covers(id: string): boolean {
    return this.running.has(id);
  }

  /** Set the status. The cases stay selected, because another action on them often follows. */
  setStatus(ids: string[], status: StatusName): void {
    const label = (): string => `${t("Status")}: ${statusLabel(status, this.me.words)}`;
    this.begin(label, ids, (id) => this.changeStatus(id, status), true);
  }

  /** Add a tag, or take it off. The cases stay selected. */
  setTag(ids: string[], tag: string, isOn: boolean): void {
    const work: CaseWork = async (id) => {
      if (cases.tagsOf(await cases.open(this.me, id)).includes(tag) === isOn) return undefined;
      await setTag(this.me, id, tag, isOn);
      return () => setTag(this.me, id, tag, !isOn);
    };
    const label = (): string => {
      const name = tagLabel(tag, this.me.words);
      return isOn ? t("Tag %(name)s", { name }) : t("Without the tag %(name)s", { name });
    };
    this.begin(label, ids, work, true);
  }

  /** Close cases, with another status if one is given. */
  close(ids: string[], status: StatusName | null): void {
    const label = (): string => (status ? `${t("Close")}: ${statusLabel(status, this.me.words)}` : t("Close"));
    this.begin(label, ids, async (id) => (await this.closeCase(id, status))?.takeBack);
  }

  /** Close the case on the screen, and offer to take that back. Throws if it fails. */
  async closeOne(id: string, status: StatusName | null): Promise<void> {
    const closed = await this.closeCase(id, status);
    if (!closed) return; // a colleague was faster
    const words = (): string =>
      t("The case is closed and will be deleted on %(day)s.", { day: formatExpiry(closed.expires) });
    this.offer(words, new Map([[id, closed.takeBack]]));
  }

  share(ids: string[], colleague: string): void {
    const name = this.me.nameOf(colleague);
    const question = (): string =>
      tn(
        "%(name)s will read everything in %(num)s case, and can write in it.",
        "%(name)s will read everything in %(num)s cases, and can write in them.",
        ids.length,
        { name },
      );
    this.hold(
      question,
      () => t("Share"),
      ids,
      colleague,
      async (id) => {
        const opened = await cases.readCase(this.me, id);
        if (!opened.holders.includes(colleague)) await assignment.share(this.me, opened, colleague);
        return undefined;
      },
    );
  }

  handOver(ids: string[], colleague: string, reason: string): void {
    const name = this.me.nameOf(colleague);
    const question = (): string =>
      tn("%(name)s gets %(num)s case instead of you.", "%(name)s gets %(num)s cases instead of you.", ids.length, {
        name,
      });
    this.hold(
      question,
      () => t("Hand over"),
      ids,
      colleague,
      async (id) => {
        const opened = await cases.open(this.me, id);
        await assignment.noteReason(this.me, opened, reason, colleague);
        await assignment.handOver(this.me, await cases.readCase(this.me, id), colleague);
        return undefined;
      },
    );
  }

  /** Drop what is held back. Called when the session ends. */
  drop(): void {
    this.undos.drop();
  }

  private async changeStatus(id: string, status: StatusName): Promise<TakeBack | undefined> {
    const before = cases.statusOf(await cases.open(this.me, id));
    if (before === status) return undefined;
    await cases.setStatus(this.me, id, status);
    return () => cases.restoreStatus(this.me, id, status, before);
  }

  private async closeCase(
    id: string,
    status: StatusName | null,
  ): Promise<{ expires: string; takeBack: TakeBack } | undefined> {
    const opened = await cases.readCase(this.me, id);
    if (!opened.open) return undefined;
    const restoreStatus = status ? await this.changeStatus(id, status) : undefined;
    const expires = await cases.close(this.me, opened);
    const takeBack = async (): Promise<void> => {
      await restoreStatus?.();
      const now = await cases.readCase(this.me, id);
      if (!now.open) await cases.reopen(this.me, now);
    };
    return { expires, takeBack };
  }

  /** Run an action at once, and offer to take it back. */
  private begin(label: () => string, ids: string[], work: CaseWork, staysSelected = false): void {
    this.enqueue(async () => {
      const outcome = await this.runOver(label, ids, work);
      if (!staysSelected || outcome.failed.size) deselect(this.list.selection, outcome.done);
      if (!outcome.takeBacks.size) return () => saying(label, outcome);
      this.offer(() => saying(label, outcome), outcome.takeBacks);
      return NOTHING;
    });
  }

  /** Hold an action back for ten seconds. */
  private hold(question: () => string, label: () => string, ids: string[], colleague: string, work: CaseWork): void {
    const name = this.me.nameOf(colleague);
    Object.assign(this.list.selection, freshSelection());
    const words = (): string =>
      `${question()} ${t(
        "Nothing is changed yet. If you leave this page or sign out within ten seconds, nothing will be changed.",
      )}`;
    const reselect = (again: string[]): void => {
      if (!this.list.selection.ids.size && again.length) selectOnly(this.list.selection, again);
    };
    this.undos.add(
      words,
      true,
      () => reselect(ids),
      () =>
        this.enqueue(async () => {
          let failed = ids;
          try {
            await this.me.refresh();
            if (!this.me.seats.has(colleague))
              return () => t("%(name)s has left the group. Nothing was changed.", { name });
            const outcome = await this.runOver(label, ids, work);
            failed = [...outcome.failed.keys()];
            return () => saying(label, outcome);
          } finally {
            reselect(failed);
          }
        }),
    );
  }

  private offer(words: () => string, takeBacks: Map<string, TakeBack>): void {
    this.undos.add(words, false, () => {
      this.enqueue(async () => {
        const work: CaseWork = async (id) => {
          await takeBacks.get(id)!();
          return undefined;
        };
        const label = (): string => t("Undo");
        const outcome = await this.runOver(label, [...takeBacks.keys()], work);
        return () => saying(label, outcome);
      });
    });
  }

  /** Run an action after those that were begun before it. */
  private enqueue(work: () => Promise<Said>): void {
    this.queue = this.queue.then(() => (this.isCurrent() && !isLeaving() ? this.desk.run("bulk", work) : undefined));
  }

  private async runOver(words: () => string, ids: string[], work: CaseWork): Promise<Outcome> {
    this.running = new Set(ids);
    const onProgress = (done: number): void => {
      this.progress = { words, done, of: ids.length };
      this.desk.draw();
    };
    try {
      const outcome = await oneByOne(ids, work, onProgress, this.isCurrent);
      onProgress(outcome.done.length); // stays until the rows are read again
      return outcome;
    } finally {
      this.running.clear();
      await this.readRows(ids).catch(() => undefined); // the rows are then as old as those of other lists without a line
      this.progress = null;
    }
  }

  private async readRows(ids: string[]): Promise<void> {
    if (!this.isCurrent()) return;
    if (ids.length > FEW) await this.rows.load();
    else for (const id of ids) await this.rows.follow(id);
  }
}

/** Say for how many cases an action is done, for how many not, and why. */
function saying(label: () => string, { done, failed }: Outcome): string {
  const said = `${label()} · ${tn("Done for %(num)s case.", "Done for %(num)s cases.", done.length)}`;
  if (!failed.size) return said;
  const reasons = new Set([...failed.values()].map(errorMessage));
  return [
    said,
    tn(
      "Not done for %(num)s case. It is still selected if it is in your list.",
      "Not done for %(num)s cases. Those in your list are still selected.",
      failed.size,
    ),
    ...reasons,
  ].join(" ");
}
