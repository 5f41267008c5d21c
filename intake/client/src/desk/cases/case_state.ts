/** The case on the screen, what is being typed about it, and what its view can ask for. */
import { find } from "../../page/dom.js";
import { valueOf } from "../../page/elements.js";
import type { StatusName } from "../../crypto/entry.js";
import { type OpenCase } from "./cases.js";
import type { Typed } from "./typed.js";
import { duplicates, suggestions } from "./pairs.js";
import { type Row } from "./rows.js";
import type { Runner } from "../action_button.js";
import { NOTHING, type Said } from "../action_states.js";

/** The case on the screen, and what is being typed about it. */
export interface CaseState {
  opened: OpenCase;
  reply: string;
  /** The chosen reply template. */
  template: string;
  /** The reply whose sender was told that it has fields to fill in. */
  warnedOf: string;
  note: string;
  colleague: string;
  reason: string;
  until: string;
  /** The status that was chosen, while it is being stored. */
  chosenStatus: StatusName | null;
  /** The follow-up that is being chosen. Null: as the case has it. */
  plan: { text: string | null; onlyMe: boolean | null; day: string; fault: Said };
  /** Why this member hands the case over. */
  handOver: { reason: string };
  sure: "" | "share" | "hand over" | "give back";
  /** Rows of other cases that may match this one, or may come from the same person. */
  suggested: Row[];
  alike: Row[];
  /** The list from which the case was opened. */
  rows: Row[];
}

export function freshCaseState(opened: OpenCase, rows: Row[], { follow_up, ...typed }: Typed): CaseState {
  const own = rows.find((row) => row.id === opened.id);
  return {
    opened,
    ...typed,
    template: "",
    warnedOf: "",
    until: "",
    colleague: "",
    chosenStatus: null,
    plan: { text: follow_up || null, onlyMe: null, day: "", fault: NOTHING },
    handOver: { reason: "" },
    sure: "",
    suggested: own ? suggestions(own, rows) : [],
    alike: own ? duplicates(own, rows) : [],
    rows,
  };
}

/** Replace the case by a later state of it. Returns false for an answer older than the state that is shown. */
export function renewCase(state: CaseState, fresh: OpenCase): boolean {
  const { shared, desk } = state.opened.last;
  if (fresh.last.shared.number < shared.number || fresh.last.desk.number < desk.number) return false;
  state.opened = fresh;
  return true;
}

export interface ViewActions extends Runner {
  draw: () => void;
  /** Called after each key in a field whose text is stored as a draft. */
  typed: () => void;
  done: (message: Said) => Promise<void>;
  open: (id: string) => void;
  /** Return what opens the next (1) or previous (-1) case of the list, if there is one. */
  step: (by: 1 | -1) => (() => void) | undefined;
  hide: (id: string) => Promise<void>;
  /** Close a case, with another status if one is given, and return to the list. It can be undone for ten seconds. */
  close: (id: string, status: StatusName | null) => Promise<void>;
}

/** Return the listener of a field whose text is stored as a draft while somebody types. */
export const keep =
  (state: CaseState, field: Exclude<keyof Typed, "follow_up">, actions: ViewActions) =>
  (event: Event): void => {
    state[field] = valueOf(event);
    actions.typed();
  };

/** Return the work of an action that changes the case. It ends with the new state on the screen. */
export type Change = (work: () => Promise<unknown>, message: Said) => () => Promise<Said>;

/** Return whether a field has text. If it is empty, move the focus there. */
export const isFilledIn = (id: string) => (): boolean => {
  const field = find<HTMLTextAreaElement>(id);
  const filled = field.value.trim() !== "";
  if (!filled) field.focus();
  return filled;
};
