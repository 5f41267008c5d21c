/** All that the desk holds and shows for the signed-in member. Signing out drops the whole object. */
import { type ActionStates, freshTicks, NOTHING, type Said, type Ticks } from "./action_states.js";
import type { Bulk } from "./cases/bulk.js";
import type { CaseState } from "./cases/case_state.js";
import type { CaseList, Opener } from "./cases/list.js";
import { freshListState, type ListState } from "./cases/list_state.js";
import type { ReadMarks } from "./cases/read_marks.js";
import type { PaperState } from "./keys/paper_view.js";
import type { LazyViews } from "./load_lazy_views.js";
import type { Member } from "./member/member.js";

export type View = "list" | "case" | "group" | "keys" | "paper";

export interface DeskState {
  me: Member | null;
  problem: Said;
  message: Said;
  loading: Said;
  /** Work that the client does by itself. */
  work: { words: Said; done: number; of: number } | null;
  view: View;
  /** The state of every action that a button starts. */
  actions: ActionStates;
  ticks: Ticks;
  caseList: CaseList | null;
  list: ListState;
  reads: ReadMarks | null;
  bulk: Bulk | null;
  case: CaseState | null;
  /** Cases that were left while what was typed in them could not be stored. */
  unstored: Map<string, CaseState>;
  /** Whether signing out would lose what was typed. */
  wouldLose: boolean;
  /** The group and the member's keys, once one of them was opened. */
  lazyViews: LazyViews | null;
  /** A paper code that is not set up yet. */
  paper: PaperState | null;
  /** Whether the warning before an automatic sign-out is shown. */
  warned: boolean;
  /** Whether the list of keys is shown. */
  isHelp: boolean;
  opener: Opener | null;
  /** How often each case's row was requested. An earlier answer must not replace a later one. */
  turns: Map<string, number>;
  /** Cases that changed since the present load of the list began. Its pages may be older. */
  changedMeanwhile: Set<string>;
  listLoad: Promise<void>;
}

export const freshDeskState = (): DeskState => ({
  me: null,
  problem: NOTHING,
  message: NOTHING,
  loading: NOTHING,
  work: null,
  view: "list",
  actions: new Map(),
  ticks: freshTicks(),
  caseList: null,
  list: freshListState(),
  reads: null,
  bulk: null,
  case: null,
  unstored: new Map(),
  wouldLose: false,
  lazyViews: null,
  paper: null,
  warned: false,
  isHelp: false,
  opener: null,
  turns: new Map(),
  changedMeanwhile: new Set(),
  listLoad: Promise.resolve(),
});
