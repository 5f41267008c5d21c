/** Loads the rows of the list into the desk's state, and follows the cases that change. */
import { t } from "../../page/i18n.js";
import type { Actions } from "../actions.js";
import type { Member } from "../member/member.js";
import type { DeskState } from "../state.js";
import { type OpenCase, readCase, requestOf } from "./cases.js";
import { wholeText } from "./rows.js";
import { type CaseList, loadAll, loadRow, putRow } from "./list.js";

export class ListLoader {
  /**
   * @param state returns the desk's state, which is another object after each sign-in.
   * @param rowsChanged called after rows were added, replaced or removed.
   */
  constructor(
    private readonly state: () => DeskState,
    private readonly rowsChanged: () => void,
  ) {}

  /** Load the list. Loads run one after the other, so that an earlier one never replaces what a later one showed. */
  load(): Promise<void> {
    const state = this.state();
    const me = state.me!;
    state.listLoad = state.listLoad.catch(() => undefined).then(() => this.reload(me));
    return state.listLoad;
  }

  /** Read one case's row again. */
  async follow(id: string): Promise<void> {
    const { me, caseList, opener, turns } = this.state();
    if (!me || !caseList || !opener) return;
    const turn = (turns.get(id) ?? 0) + 1;
    turns.set(id, turn);
    const row = await loadRow(me, opener, id);
    // Answers can arrive out of order. This one is older than what is shown.
    if (this.state().me !== me || this.state().caseList !== caseList || turns.get(id) !== turn) return;
    putRow(caseList, id, row);
    this.rowsChanged();
  }

  /** Open cases for the search only. No progress is written, because nobody has read them. */
  async readWhole(ids: string[], progressOf: Actions["progress"]): Promise<void> {
    const { me } = this.state();
    const progress = progressOf(() => t("Opening your cases…"));
    for (const [done, id] of ids.entries()) {
      if (!me || this.state().me !== me) return;
      progress(done, ids.length);
      this.addText(await readCase(me, id));
    }
    progress(ids.length, ids.length);
    this.rowsChanged();
  }

  /** Let the search read the whole text of an opened case. */
  addText(opened: OpenCase): void {
    this.state().list.texts.set(opened.id, wholeText(requestOf(opened), [...opened.shared, ...opened.desk]));
  }

  private async reload(me: Member): Promise<void> {
    const isCurrent = (): boolean => this.state().me === me;
    if (!isCurrent()) return;
    const state = this.state();
    state.changedMeanwhile.clear();
    const before = state.caseList;
    const show = (caseList: CaseList): void => {
      if (!isCurrent()) return;
      state.caseList = caseList;
      this.rowsChanged();
    };
    // A reload leaves the list as it is until every page has arrived.
    const loaded = await loadAll(me, state.opener!, before?.rows ?? [], before ? () => undefined : show, isCurrent);
    show(loaded);
    if (!isCurrent()) return;
    // The page's newest entries may not show whose turn it is. A single row comes with more of them.
    const undecided = loaded.rows.filter((row) => row.turn.undecided).map(({ id }) => id);
    for (const id of [...state.changedMeanwhile, ...undecided]) await this.follow(id);
  }
}
