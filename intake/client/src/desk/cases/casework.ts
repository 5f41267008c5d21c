/** The case on the screen: open it, update it, store its draft, and remove it when it has expired. */
import { Problem } from "../../net/api.js";
import { t } from "../../page/i18n.js";
import { NOTHING, type Said } from "../action_states.js";
import type { Member } from "../member/member.js";
import type { DeskState } from "../state.js";
import { type CaseState, freshCaseState, renewCase } from "./case_state.js";
import * as cases from "./cases.js";
import { Drafts, restore, typedOf } from "./drafts.js";
import { putRow } from "./list.js";

export class Casework {
  readonly drafts = new Drafts();

  constructor(
    private readonly current: () => DeskState,
    private readonly draw: (change: Partial<DeskState>) => void,
    /** Called when the case on the screen was opened or has changed. */
    private readonly seen: () => void,
  ) {}

  /** Open a case for a person to read. */
  async open(me: Member, id: string): Promise<void> {
    this.leave(me);
    this.draw({ loading: () => t("Opening the case…") });
    const opened = await cases.show(me, id);
    const unstored = this.current().unstored.get(id);
    const typed = unstored ? typedOf(unstored) : await restore(me, opened);
    const state = freshCaseState(opened, this.current().caseList?.rows ?? [], typed);
    if (!this.current().unstored.delete(id)) this.drafts.note(state);
    if (this.current().me !== me) return;
    this.draw({ case: state, view: "case", loading: NOTHING });
    this.seen();
  }

  /** Store what is typed in the case on the screen, and keep it in memory until that is done. */
  leave(me: Member): void {
    const { case: now, unstored } = this.current();
    if (!now || this.drafts.isStored(now)) return;
    unstored.set(now.opened.id, now);
    this.drafts.store(me, now).then(
      () => unstored.delete(now.opened.id),
      () => undefined,
    );
  }

  /** Store all that is typed and not stored yet. Throws if that fails. */
  async storeAll(me: Member): Promise<void> {
    for (const state of this.unstoredStates()) await this.drafts.store(me, state);
    this.current().unstored.clear();
  }

  /** Encrypt typed text that is not stored yet, and keep it in memory for the same member. */
  async keepAll(me: Member): Promise<void> {
    for (const state of this.unstoredStates()) await this.drafts.keep(me, state);
  }

  private unstoredStates(): CaseState[] {
    const { case: now, unstored } = this.current();
    return [...new Set([...unstored.values(), ...(now && !this.drafts.isStored(now) ? [now] : [])])];
  }

  /** Read the case on the screen again after an event. Fields keep what is typed in them. */
  async changed(id: string): Promise<void> {
    const { me, case: now } = this.current();
    if (!me || now?.opened.id !== id) return;
    try {
      const fresh = await cases.readCase(me, id);
      if (this.current().case !== now || !renewCase(now, fresh)) return;
      this.draw({});
      this.seen();
    } catch (error) {
      if (error instanceof Problem && error.kind === "not-found" && this.current().case === now)
        this.end(() => t("You no longer have this case. A colleague took it over, or it was deleted."));
    }
  }

  /** Remove every case that has expired from the screen. */
  endDay(today: string): void {
    const { caseList, case: now } = this.current();
    const over = caseList?.rows.filter((row) => row.expires <= today) ?? [];
    for (const { id } of over) putRow(caseList!, id, null);
    if (now && now.opened.expires <= today) this.end(() => t("This case was deleted, because its day has come."));
    else if (over.length) this.draw({});
  }

  private end(message: Said): void {
    this.draw({ case: null, view: "list", message });
  }
}
