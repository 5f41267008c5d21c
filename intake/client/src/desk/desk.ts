/**
 * The desk: sign-in, the list, a case, the group, the member's keys. Keys exist only in the desk's state and its
 * worker.
 */
import { render, type TemplateResult } from "lit";
import { t } from "../page/i18n.js";
import "../page/form_state.js";
import { isLeaving } from "../page/quick_exit.js";
import type { Actions } from "./actions.js";
import { freshCaseState, renewCase } from "./cases/case_state.js";
import { caseView } from "./cases/case_view.js";
import * as cases from "./cases/cases.js";
import { Opener } from "./cases/list.js";
import { ListLoader } from "./cases/list_loader.js";
import { titleWith } from "./cases/attention.js";
import { ReadMarks } from "./cases/read_marks.js";
import { refilter } from "./cases/list_state.js";
import { listView } from "./cases/list_view.js";
import { likeSpam } from "./cases/spam.js";
import { Windowed } from "./cases/windowed.js";
import { errorMessage } from "./error_messages.js";
import { Events } from "./events.js";
import { frameView } from "./frame_view.js";
import { groupView } from "./group/group_view.js";
import { renew, toOpen } from "./group/recovery.js";
import { Idle } from "./idle.js";
import { freshKeysState, keysView } from "./keys/keys_view.js";
import { loadNotices } from "./keys/notices_view.js";
import { loadStrict } from "./keys/passkeys_view.js";
import { loadSessions } from "./keys/sessions_view.js";
import type { Member } from "./member/member.js";
import { freshSignInState, signInView } from "./sign_in_view.js";
import { type DeskState, freshDeskState, type View } from "./state.js";
import * as upkeep from "./upkeep.js";

export class Desk {
  private state = freshDeskState();
  private readonly signIn = freshSignInState();
  private readonly events = new Events();
  private readonly windowed = new Windowed("cases", () => this.draw());
  private readonly idle = new Idle({
    warn: () => this.draw({ warned: true }),
    resume: () => this.draw({ warned: false }),
    leave: () =>
      void this.leave(
        t("You were signed out after 15 minutes without a touch. A reply that you had begun is kept in its case."),
      ),
    touch: () => void this.state.me?.refresh().catch(() => undefined),
  });
  private shown = "false list ";
  private readonly title = document.title;
  private readonly rows = new ListLoader(
    () => this.state,
    () => this.applyFilter(),
  );

  constructor(private readonly element: HTMLElement) {}

  start(): void {
    // The browser could restore the page from memory, with its keys.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.addEventListener("visibilitychange", () => this.markSeen());
    this.draw();
  }

  private draw(change: Partial<DeskState> = {}): void {
    if (isLeaving()) return; // work that ends after a quick exit has no page any more
    Object.assign(this.state, change);
    const { state } = this;
    const entered = (me: Member): void => this.entered(me);
    const content = state.me
      ? this.frame(state.me)
      : signInView(this.signIn, { message: state.message, draw: () => this.draw(), entered });
    render(content, this.element);
    document.title = titleWith(state.list.counts, this.title);
    if (state.view === "list") this.windowed.padList(state.list.shown.length);
    const view = `${state.me !== null} ${state.view} ${state.case?.opened.id ?? ""}`;
    // On another view, a screen reader reads its heading and the keyboard continues from there.
    if (view !== this.shown) this.element.querySelector<HTMLElement>("h1")?.focus();
    this.shown = view;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    const { me } = this.state;
    this.draw({ problem: "", message: "" });
    try {
      await work();
    } catch (error) {
      if (this.state.me === me) this.draw({ problem: errorMessage(error), loading: "", work: null });
    }
  }

  private progress(words: string): (done: number, of: number) => void {
    return (done, of) => this.draw({ work: done < of ? { words, done, of } : null });
  }

  private entered(me: Member): void {
    this.idle.start();
    this.events.start(
      (id) => void this.changed(id),
      () => void this.attempt(() => this.rows.load()),
    );
    me.onChange = () => {
      if (this.state.me === me) this.draw();
    };
    this.state.reads = new ReadMarks(me, () => this.state.caseList);
    this.state.list.readUpTo = this.state.reads.upTo;
    this.draw({ me, message: "", view: "list", opener: new Opener() });
    void this.attempt(async () => {
      await this.rows.load();
      await upkeep.runBeforeList(me, this.progress(t("Renewing your keys…")));
      await this.afterList(me);
    });
  }

  /** Drop every key and all that was shown. An unfinished reply is stored first, as an encrypted draft. */
  private async leave(message: string): Promise<void> {
    const { me, opener, reads } = this.state;
    if (!me) return;
    this.idle.stop();
    this.events.stop();
    opener?.close();
    const stored = Promise.allSettled([this.keepDraft(me), reads?.store()]);
    this.state = { ...freshDeskState(), view: this.state.view };
    this.draw({ message });
    await stored;
    await me.signOut().catch(() => undefined);
  }

  private async keepDraft(me: Member): Promise<void> {
    const now = this.state.case;
    if (!now || now.reply === cases.draftOf(now.opened)) return;
    await cases.draft(me, now.opened.id, now.reply);
  }

  /** Return to the list, and hide this case and those like it. */
  private async hideSpam(id: string): Promise<void> {
    const row = this.state.caseList?.rows.find((other) => other.id === id);
    if (row) this.state.list.spam.push(likeSpam(row));
    await this.backToList();
    this.applyFilter();
  }

  private applyFilter(): void {
    const { me, caseList, list } = this.state;
    if (me) refilter(list, caseList?.rows ?? [], me.today);
    this.draw();
  }

  /** Move the cases that must be moved, as the list shows. */
  private async afterList(me: Member): Promise<void> {
    const rows = this.state.caseList?.rows ?? [];
    if (!upkeep.rowsToMove(me, rows).length) return;
    const failed = await upkeep.runAfterList(me, rows, this.progress(t("Moving cases…")), () => this.state.me === me);
    this.draw({
      work: null,
      message: failed
        ? t("Some cases could not be moved: %(number)s.", { number: String(failed) })
        : this.state.message,
    });
  }

  /** Read a case again after an event: its row, and the case on the screen. Fields keep what is typed in them. */
  private async changed(id: string): Promise<void> {
    this.state.changedMeanwhile.add(id);
    await this.rows.follow(id).catch(() => undefined);
    const { me, case: now } = this.state;
    if (!me || now?.opened.id !== id) return;
    try {
      const fresh = await cases.readCase(me, id);
      const untouched = now.reply === cases.draftOf(now.opened);
      if (this.state.case !== now || !renewCase(now, fresh)) return;
      if (untouched) now.reply = cases.draftOf(fresh);
      this.draw();
      this.markSeen();
    } catch {
      // The case was withdrawn or handed over. The member's next action in it shows an error.
    }
  }

  private openCase(id: string): void {
    void this.attempt(async () => {
      await this.keepDraft(this.state.me!);
      this.draw({ loading: t("Opening the case…") });
      const opened = await cases.show(this.state.me!, id);
      this.draw({ case: freshCaseState(opened, this.state.caseList?.rows ?? []), view: "case", loading: "" });
      this.markSeen();
    });
  }

  /** Mark the case on the screen as seen, unless its window is hidden. */
  private markSeen(): void {
    const { case: shown, reads } = this.state;
    if (!shown || !reads || document.hidden) return;
    reads.see(shown.opened.id, shown.opened.last.shared.number);
    this.rows.addText(shown.opened);
    this.applyFilter();
  }

  private async backToList(): Promise<void> {
    const { me } = this.state;
    if (!me) return;
    await this.keepDraft(me);
    const closedCase = this.state.case?.opened.id;
    this.draw({ case: null, view: "list" });
    await me.refresh();
    if (closedCase) await this.rows.follow(closedCase);
    else await this.rows.load();
  }

  private go(view: View): void {
    void this.attempt(async () => {
      const me = this.state.me!;
      this.state.keys = freshKeysState();
      this.state.list.spam = [];
      if (view === "list") return this.backToList();
      await this.keepDraft(me);
      this.draw({ case: null, view });
      await me.refresh();
      const { group, keys } = this.state;
      if (view === "group") group.rules.openable = await toOpen(me);
      if (view === "keys") {
        await Promise.all([loadNotices(keys.notices), loadSessions(keys.sessions), loadStrict(keys.passkeys)]);
      }
      this.draw();
    });
  }

  private frame(me: Member): TemplateResult {
    const leave = (message: string): Promise<void> => this.leave(message);
    const go = (view: View) => (): void => this.go(view);
    return frameView(me, this.state, { go, stay: () => this.idle.stay(), leave }, this.view(me));
  }

  private view(me: Member): TemplateResult {
    const { state } = this;
    const attempt = (work: () => Promise<void>): Promise<void> => this.attempt(work);
    const open = (id: string): void => this.openCase(id);
    switch (state.view) {
      case "group":
        return groupView(me, state.group, this.actions(me));
      case "keys":
        return keysView(me, state.keys, this.actions(me));
      case "case":
        if (state.case) {
          return caseView(me, state.case, {
            attempt,
            draw: (message = "") => this.actions(me).draw({ message }),
            done: (message) => this.backToList().then(() => this.actions(me).draw({ message })),
            open,
            hide: (id) => this.hideSpam(id),
          });
        }
    }
    const applyFilter = (): void => this.applyFilter();
    return listView(me, state.caseList, state.list, this.windowed, {
      draw: () => this.draw(),
      attempt,
      open,
      applyFilter,
      searchWhole: (ids) => this.rows.readWhole(ids, this.progress(t("Opening your cases…"))),
    });
  }

  private actions(me: Member): Actions {
    const { group } = this.state;
    return {
      attempt: (work) => this.attempt(work),
      // Work that ends after its member has signed out shows nothing.
      draw: (change = {}) => {
        if (this.state.me === me) this.draw(change);
      },
      progress: (words) => this.progress(words),
      leave: (message) => this.leave(message),
      settled: async () => {
        await renew(me);
        group.rules.openable = await toOpen(me);
      },
    };
  }
}
