/** A case on the screen and what is being typed about it, and what its view may ask for. */
import { find } from "../../page/dom.js";
import * as cases from "./cases.js";
import { type OpenCase } from "./cases.js";
import { duplicates, suggestions } from "./pairs.js";
import { type Row } from "./rows.js";

/** A case on the screen, and what is being typed about it. */
export interface CaseState {
  opened: OpenCase;
  reply: string;
  note: string;
  colleague: string;
  reason: string;
  until: string;
  sure: "" | "close" | "hand over";
  /** Rows of other cases that may go with this one, or may be the same person's. */
  suggested: Row[];
  alike: Row[];
  /** The list that it was opened from. */
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

/** Replace the case by a later state of it. Returns false for an answer that is older than what is shown: a later one overtook it. */
export function renewCase(now: CaseState, fresh: OpenCase): boolean {
  const { shared, desk } = now.opened.last;
  if (fresh.last.shared.number < shared.number || fresh.last.desk.number < desk.number) return false;
  now.opened = fresh;
  return true;
}

export interface Doing {
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (said?: string) => void;
  done: (said: string) => Promise<void>;
  open: (id: string) => void;
  hide: (id: string) => Promise<void>;
}

export type Act = (work: () => Promise<unknown>, said: string) => () => void;

/** Act on what is typed in a field; with nothing in it, go there instead. */
export const unlessEmpty = (id: string, act: () => void) => (): void => {
  const field = find<HTMLTextAreaElement>(id);
  if (field.value.trim()) act();
  else field.focus();
};
