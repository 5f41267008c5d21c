/** The desk: sign-in, the list, a case, the group, the member's keys. Keys exist only in its state and its worker. */
import { render, type TemplateResult } from "lit";
import { Problem } from "../net/api.js";
import { find } from "../page/dom.js";
import { t } from "../page/i18n.js";
import "../page/form_state.js";
import { isLeaving } from "../page/quick_exit.js";
import { forgetResults, NOTHING, runAction, type Said, stateOf, type Work } from "./action_states.js";
import type { Actions } from "./actions.js";
import * as addresses from "./addresses.js";
import { Bulk } from "./cases/bulk.js";
import { clearSelection } from "./cases/bulk_view.js";
import { caseView } from "./cases/case_view.js";
import { Casework } from "./cases/casework.js";
import { Opener } from "./cases/list.js";
import { ListLoader } from "./cases/list_loader.js";
import { listView, splitView } from "./cases/list_view.js";
import { ReadMarks } from "./cases/read_marks.js";
import { Windowed } from "./cases/windowed.js";
import { errorMessage } from "./error_messages.js";
import { frameView } from "./frame_view.js";
import { Idle } from "./idle.js";
import { listenToKeys } from "./keyboard.js";
import { isLazy, lazyView } from "./load_lazy_views.js";
import type { Member } from "./member/member.js";
import { titleOf } from "./nav_view.js";
import { Navigation } from "./navigation.js";
import { answerForms } from "../page/on_behalf_channel.js";
import { keepLinksOutside, showInLanguage } from "./page_links.js";
import { SessionWatch } from "./session_watch.js";
import { freshSignInState, signInView } from "./sign_in_view.js";
import { type DeskState, freshDeskState, type View } from "./state.js";
import * as upkeep from "./upkeep.js";

export class Desk {
  private state = freshDeskState();
  private readonly signIn = freshSignInState();
  private readonly windowed = new Windowed("cases", () => this.draw());
  private readonly idle = new Idle({
    warn: () => this.draw({ warned: true }),
    resume: () => this.draw({ warned: false }),
    leave: () =>
      void this.end(() =>
        t("You were signed out after 15 minutes without a touch. A reply that you had begun is kept in its case."),
      ),
    touch: () => void this.state.me?.tryRefresh(),
  });
  private readonly loader = new ListLoader(
    () => this.state,
    () => this.windowed.hold(() => this.navigation.rowsChanged()),
  );
  private readonly casework = new Casework(
    () => this.state,
    (change) => this.draw(change),
    () => this.markSeen(),
  );
  private readonly navigation = new Navigation(
    () => this.state,
    (change) => this.draw(change),
    (work) => this.attempt(work),
    this.casework,
    this.loader,
  );
  private readonly watch = new SessionWatch({
    changed: (id) => void this.changed(id),
    group: () => void this.state.me?.tryRefresh(),
    gap: () => void this.attempt(() => this.loader.load()),
    ended: () => void this.end(() => t("Your session has ended. Sign in again to go on. What you typed is kept.")),
    day: (today) => this.casework.endDay(today),
  });
  private readonly open = (id: string): void => this.navigation.openCase(id);
  private shown = "false list ";
  private title = document.title;

  start(): void {
    // The browser could restore the page from memory, with its keys.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.navigation.start();
    answerForms(() => this.state.me, this.idle);
    keepLinksOutside(
      () => this.state.me !== null,
      async (address) => {
        await showInLanguage(address);
        this.title = document.title;
        this.draw();
      },
    );
    listenToKeys({
      isSignedIn: () => this.state.me !== null,
      step: (by) => this.navigation.step(by),
      toSearch: () => this.navigation.go("list"),
      deselect: () => clearSelection(this.state.list, { draw: () => this.draw() }),
      help: (isHelp) => {
        if (this.state.isHelp !== isHelp) this.draw({ isHelp });
        if (isHelp) find("keys-heading").focus();
      },
    });
    document.addEventListener("visibilitychange", () => {
      this.markSeen();
      // A browser may end a hidden page without a word.
      if (document.hidden && this.state.me) this.casework.leave(this.state.me);
    });
    const message = (): string =>
      t("The page was loaded again, so your keys are gone. Sign in to return to the same place.");
    this.draw(addresses.isInside(location.hash) ? { message } : {});
  }

  private draw(change: Partial<DeskState> = {}): void {
    if (isLeaving()) return; // work that ends after a quick exit has no page any more
    Object.assign(this.state, change);
    const { state } = this;
    const element = find("desk");
    const view = `${state.me !== null} ${state.view} ${state.case?.opened.id ?? ""}`;
    const isNew = view !== this.shown;
    if (isNew) forgetResults(state.actions);
    const entered = (me: Member): void => this.entered(me);
    const signing = { message: state.message, draw: (): void => this.draw(), entered };
    render(state.me ? this.frame(state.me) : signInView(this.signIn, signing), element);
    document.title = titleOf(state, this.title);
    this.windowed.padList();
    // On another view, a screen reader reads its heading and the keyboard continues from there.
    if (isNew) element.querySelector<HTMLElement>("h1")?.focus();
    this.shown = view;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    const { me } = this.state;
    this.draw({ problem: NOTHING, message: NOTHING });
    try {
      await work();
    } catch (error) {
      if (this.state.me === me) this.draw({ problem: this.failed(error), loading: NOTHING, work: null });
    }
  }

  /** Run an action of a button. Its state and result are shown beside the button. */
  private run(name: string, work: Work): Promise<void> {
    const { me, actions } = this.state;
    Object.assign(this.state, { problem: NOTHING, message: NOTHING });
    // Work that ends after its member has signed out shows nothing.
    const draw = (): void => {
      if (this.state.me === me) this.draw();
    };
    const failed = (error: unknown): Said => {
      if (this.state.me === me) Object.assign(this.state, { loading: NOTHING, work: null });
      return this.failed(error);
    };
    return runAction(actions, name, work, failed, draw);
  }

  private failed(error: unknown): Said {
    // A refused passphrase has the same kind as an ended session, so ask which it is.
    if (error instanceof Problem && error.kind === "sign-in") void this.watch.check();
    return () => errorMessage(error);
  }

  private progress(words: Said): (done: number, of: number) => void {
    return (done, of) => this.draw({ work: done < of ? { words, done, of } : null });
  }

  private entered(me: Member): void {
    this.idle.start();
    this.watch.start();
    const isCurrent = (): boolean => this.state.me === me;
    const actions = this.actions(me);
    me.onChange = () => actions.draw();
    this.state.reads = new ReadMarks(me, () => this.state.caseList);
    this.state.list.readUpTo = this.state.reads.upTo;
    this.state.bulk = new Bulk(me, this.state.list, this.loader, actions, isCurrent);
    const destination = addresses.destinationOf(location.hash);
    addresses.show({ view: "list", token: "" }, "replace");
    this.draw({ me, message: NOTHING, view: "list", opener: new Opener() });
    void this.attempt(async () => {
      await this.casework.drafts.deliver(me);
      const loaded = this.loader.load();
      if (destination.view === "case") {
        await loaded;
        await this.navigation.openToken(me, destination.token);
      } else if (destination.view !== "list") this.navigation.go(destination.view);
      await loaded;
      await upkeep.runBeforeList(me, actions.progress);
      const said = await upkeep.moveCases(me, this.state.caseList, actions.progress, isCurrent);
      if (said) this.draw({ message: said });
    });
  }

  /** Sign out. If what is typed cannot be stored, ask first. */
  private async signOut(message: Said): Promise<void> {
    const { me } = this.state;
    if (!me || this.navigation.asksFirst(() => void this.signOut(message))) return;
    try {
      if (!this.state.wouldLose) await this.casework.storeAll(me);
    } catch {
      this.draw({ wouldLose: true });
      return;
    }
    addresses.show({ view: "list", token: "" }, "replace");
    await this.drop(me, message);
  }

  /** End the session: encrypt what is typed, then drop every key and clear the screen. */
  private async end(message: Said): Promise<void> {
    const { me } = this.state;
    if (!me) return;
    // The text leaves the screen at once, and the keys when the draft is encrypted.
    const kept = this.casework.keepAll(me).catch(() => undefined);
    const delivered = kept.then(() => this.casework.drafts.deliver(me)).catch(() => undefined);
    await this.drop(me, message, delivered);
  }

  private async drop(me: Member, message: Said, before: Promise<void> = Promise.resolve()): Promise<void> {
    this.idle.stop();
    this.watch.stop();
    this.state.opener?.close();
    this.state.bulk?.drop();
    const stored = Promise.allSettled([before, this.state.reads?.store()]);
    this.state = { ...freshDeskState(), view: this.state.view };
    this.draw({ message });
    await stored;
    await me.signOut().catch(() => undefined);
  }

  /** Mark the case on the screen as seen, unless its window is hidden. */
  private markSeen(): void {
    const { case: shown, reads } = this.state;
    if (!shown || !reads || document.hidden) return;
    reads.see(shown.opened.id, shown.opened.last.shared.number);
    this.loader.addText(shown.opened);
    this.navigation.rowsChanged();
  }

  /** Read a case again after an event: its row, and the case on the screen. */
  private async changed(id: string): Promise<void> {
    this.state.changedMeanwhile.add(id);
    if (!this.state.bulk?.covers(id)) await this.loader.follow(id).catch(() => undefined);
    await this.casework.changed(id);
  }

  private frame(me: Member): TemplateResult {
    const go = (view: View) => (): void => this.navigation.go(view);
    const view = splitView(
      me,
      this.state,
      this.windowed,
      this.open,
      () => this.navigation.applyFilter(),
      this.view(me),
    );
    return frameView(me, this.state, { ...this.actions(me), go, stay: () => this.idle.stay() }, view);
  }

  private view(me: Member): TemplateResult {
    const { state } = this;
    const actions = this.actions(me);
    if (state.lazyViews && isLazy(state.view))
      return lazyView(me, state.lazyViews, state.view, state.paper, { ...actions, ...this.navigation.lazyViewWays });
    if (state.view === "case" && state.case) {
      return caseView(me, state.case, {
        ...actions,
        draw: () => actions.draw(),
        typed: () => this.state.case && this.casework.drafts.later(me, this.state.case),
        done: (message) => this.navigation.backToList().then(() => actions.draw({ message })),
        open: this.open,
        step: (by) => this.navigation.stepTo(by),
        hide: (id) => this.navigation.hideSpam(id),
        close: (id, status) => this.navigation.closeCase(id, status),
      });
    }
    return listView(me, state.caseList, state.list, this.windowed, {
      ...actions,
      bulk: state.bulk!,
      attempt: (work) => this.attempt(work),
      open: this.open,
      applyFilter: () => this.navigation.applyFilter(),
      searchWhole: (ids) => this.loader.readWhole(ids, actions.progress),
    });
  }

  private actions(me: Member): Actions {
    const { lazyViews } = this.state;
    return {
      run: (name, work) => this.run(name, work),
      stateOf: (name) => stateOf(this.state.actions, name),
      ticks: this.state.ticks,
      // Work that ends after its member has signed out shows nothing.
      draw: (change = {}) => {
        if (this.state.me === me) this.draw(change);
      },
      progress: (words) => this.progress(words),
      leave: (message) => this.signOut(message),
      settled: async () => {
        if (!lazyViews) return; // only the group's view decides anything
        await lazyViews.code.renew(me);
        lazyViews.group.rules.openable = await lazyViews.code.toOpen(me);
      },
    };
  }
}
