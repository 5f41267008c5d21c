/** Move between the list, a case, the group and the keys, with an address for each. Back and Forward stay in the desk. */
import type { StatusName } from "../crypto/entry.js";
import { localToday } from "../page/expiry.js";
import { isLeaving } from "../page/quick_exit.js";
import { NOTHING, type Said } from "./action_states.js";
import * as addresses from "./addresses.js";
import { askBeforeLeaving } from "./before_unload.js";
import type { Casework } from "./cases/casework.js";
import type { ListLoader } from "./cases/list_loader.js";
import { followUpsOf } from "./cases/follow_up.js";
import { refilter } from "./cases/list_state.js";
import { likeSpam } from "./cases/spam.js";
import type { PaperState } from "./keys/paper_view.js";
import { freshLazyViews } from "./load_lazy_views.js";
import type { Member } from "./member/member.js";
import type { DeskState, View } from "./state.js";

export class Navigation {
  /** The place in the list from which the case on the screen was opened. */
  private place = 0;

  constructor(
    private readonly current: () => DeskState,
    private readonly draw: (change?: Partial<DeskState>) => void,
    private readonly attempt: (work: () => Promise<void>) => Promise<void>,
    private readonly casework: Casework,
    private readonly loader: ListLoader,
  ) {}

  start(): void {
    addEventListener("popstate", () => this.follow());
    askBeforeLeaving(() => this.current().paper !== null || (this.current().bulk?.isBusy ?? false));
    history.scrollRestoration = "manual";
  }

  openCase(id: string, how: "push" | "replace" = "push"): void {
    void this.attempt(async () => {
      const me = this.current().me!;
      if (this.current().view === "list") addresses.noteScroll();
      this.place = Math.max(this.placeOf(id), 0);
      await this.casework.open(me, id);
      addresses.show({ view: "case", token: addresses.tokenOf(me, id) }, how);
      window.scrollTo(0, 0);
    });
  }

  /** Open the case that an address names, if this member holds it. */
  async openToken(me: Member, token: string): Promise<void> {
    const row = this.current().caseList?.rows.find(({ id }) => addresses.tokenOf(me, id) === token);
    if (!row) return;
    await this.casework.open(me, row.id);
    addresses.show({ view: "case", token }, "push");
  }

  /** Show what the address names, after Back or Forward. */
  follow(): void {
    const { me, view } = this.current();
    if (!me || isLeaving() || !addresses.isInside(location.hash)) return;
    const destination = addresses.destinationOf(location.hash);
    const [address, scroll] = [location.hash, addresses.scrollOfEntry()];
    const lead = (): void => {
      if (destination.view === "case") void this.attempt(() => this.openToken(me, destination.token));
      else if (destination.view !== this.current().view) this.go(destination.view, scroll);
    };
    if (destination.view === view || !this.asksFirst(lead)) lead();
    else if (location.hash === address) addresses.show({ view, token: "" }, "push");
  }

  /** Ask whether a paper code may be lost, and do what was wanted after the answer. Returns whether it asks. */
  asksFirst(wanted: () => void): boolean {
    const { paper } = this.current();
    if (!paper) return false;
    paper.leave = () => {
      this.draw({ paper: null });
      wanted();
    };
    this.draw();
    window.scrollTo(0, 0);
    return true;
  }

  /** The ways between the member's keys and the page of a new paper code. */
  readonly lazyViewWays = {
    toKeys: (): void => this.go("keys"),
    toPaper: (paper: PaperState): void => this.showPaper(paper),
    fromPaper: (message?: Said): void => this.leavePaper(message),
  };

  /** Show a new paper code on its own page. */
  private showPaper(paper: PaperState): void {
    addresses.show({ view: "paper", token: "" }, "push");
    this.draw({ paper, view: "paper" });
    window.scrollTo(0, 0);
  }

  /** Return from the paper code to the member's keys. */
  private leavePaper(message = NOTHING): void {
    this.draw({ paper: null });
    this.go("keys");
    this.draw({ message });
  }

  /** Open the next or previous case of the list. Returns whether a case was on the screen. */
  step(by: 1 | -1): boolean {
    this.stepTo(by)?.();
    return this.current().case !== null;
  }

  /**
   * Return what opens the next or previous case of the list. A case that no longer fits the filter, because it was read
   * or answered, has left the list: then the case in its place is the next one.
   */
  stepTo(by: 1 | -1): (() => void) | undefined {
    const { case: now, list } = this.current();
    const at = now ? this.placeOf(now.opened.id) : -1;
    const next = now && list.shown[at >= 0 ? at + by : by === 1 ? this.place : this.place - 1];
    return next ? (): void => this.openCase(next.id) : undefined;
  }

  private readonly placeOf = (case_: string): number => this.current().list.shown.findIndex(({ id }) => id === case_);

  async backToList(scroll = 0): Promise<void> {
    const { me } = this.current();
    if (!me) return;
    this.casework.leave(me);
    const closedCase = this.current().case?.opened.id;
    addresses.show({ view: "list", token: "" }, "push");
    this.draw({ case: null, view: "list" });
    // The list is padded to its height only after it was drawn.
    window.scrollTo(0, scroll);
    await me.refresh();
    if (closedCase) await this.loader.follow(closedCase);
    else await this.loader.load();
  }

  applyFilter(): void {
    this.refilter(false);
  }

  /** Show rows that were added, replaced or removed. */
  rowsChanged(): void {
    const { caseList } = this.current();
    this.refilter(caseList !== null && caseList.done < caseList.total);
  }

  /** Close the case on the screen, and return to the list. */
  async closeCase(id: string, status: StatusName | null): Promise<void> {
    await this.current().bulk!.closeOne(id, status);
    await this.backToList();
  }

  /** Return to the list, and hide this case and those like it. */
  async hideSpam(id: string): Promise<void> {
    const row = this.current().caseList?.rows.find((other) => other.id === id);
    if (row) this.current().list.spam.push(likeSpam(row));
    await this.backToList();
    this.applyFilter();
  }

  go(view: View, scroll = 0): void {
    if (this.asksFirst(() => this.go(view, scroll))) return;
    void this.attempt(async () => {
      const me = this.current().me!;
      const { lazyViews: before, list } = this.current();
      if (before) before.keys = before.code.freshKeysState();
      list.spam = [];
      if (view === "list") return this.backToList(scroll);
      const lazyViews = before ?? (await freshLazyViews());
      if (this.current().me !== me) return; // signed out meanwhile
      this.current().lazyViews = lazyViews;
      if (this.current().view === "list") addresses.noteScroll();
      this.casework.leave(me);
      addresses.show({ view, token: "" }, "push");
      this.draw({ case: null, view });
      await me.refresh();
      const { code, group, keys } = lazyViews;
      if (view === "group") group.rules.openable = await code.toOpen(me);
      if (view === "keys") {
        const { loadNotices, loadSessions, loadStrict } = code;
        await Promise.all([loadNotices(keys.notices), loadSessions(keys.sessions), loadStrict(keys.passkeys)]);
      }
      this.draw();
    });
  }

  private refilter(isOpening: boolean): void {
    const { me, caseList, list } = this.current();
    if (me) {
      list.followUps = followUpsOf(me.id, localToday);
      refilter(list, caseList?.rows ?? [], me.today, isOpening);
    }
    this.draw();
  }
}
