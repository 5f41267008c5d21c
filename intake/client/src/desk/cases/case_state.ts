/** The case on the screen, what is being typed about it, and what its view can ask for. */
import { find } from "../../page/dom.js";
import * as cases from "./cases.js";
import { type OpenCase } from "./cases.js";
import { duplicates, suggestions } from "./pairs.js";
import { type Row } from "./rows.js";

/** The case on the screen, and what is being typed about it. */
export interface CaseState {
  opened: OpenCase;
  reply: string;
  note: string;
  colleague: string;
  reason: string;
  until: string;
  sure: "" | "close" | "hand over";
  /** Rows of other cases that may match this one, or may come from the same person. */
  suggested: Row[];
  alike: Row[];
  /** The list from which the case was opened. */
  rows: Row[];
}

export function freshCaseState(opened: OpenCase, rows: Row[]): CaseState {
  const own = rows.find((row) => row.id === opened.id);
  return {
    opened,
    reply: cases.draftOf(opened),
    note: "",
    reason: "",
    until: "",
    colleague: "",
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

export interface ViewActions {
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (message?: string) => void;
  done: (message: string) => Promise<void>;
  open: (id: string) => void;
  hide: (id: string) => Promise<void>;
}

export type Act = (work: () => Promise<unknown>, message: string) => () => void;

/** Act on the text of a field. If the field is empty, move the focus there instead. */
export const focusIfEmpty = (id: string, act: () => void) => (): void => {
  const field = find<HTMLTextAreaElement>(id);
  if (field.value.trim()) act();
  else field.focus();
};
