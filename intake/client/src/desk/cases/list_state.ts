/** What the list shows: filter, marks and the rows that pass. Pure: no page, no network. */
import { type Attention, attention } from "./attention.js";
import { type Filter, freshFilter, matching } from "./filter.js";
import type { Row } from "./rows.js";
import { isSpam, type SpamRule } from "./spam.js";

export interface ListState {
  filter: Filter;
  view: string;
  side: boolean;
  /** The rows that pass the filter. Computed only when rows or filter change. */
  shown: Row[];
  /** How many rows pass the filter and are hidden as spam. */
  hidden: number;
  /** The rules from rows that this member marked as spam. */
  spam: SpamRule[];
  /** How many open cases ask for attention, whatever the filter. */
  counts: Attention;
  /** The highest number of a case's shared entries that this member has seen. */
  readUpTo: (id: string) => number;
}

const NOTHING_READ = (): number => -1;

export const freshListState = (): ListState => ({
  filter: freshFilter(),
  view: "",
  side: false,
  shown: [],
  hidden: 0,
  spam: [],
  counts: { reply: 0, unread: 0, any: 0 },
  readUpTo: NOTHING_READ,
});

/** Compute again which rows are shown, and the counts. */
export function refilter(list: ListState, rows: Row[], today: string): void {
  const fitting = matching(rows, list.filter, today, list.readUpTo);
  list.shown = fitting.filter((row) => !isSpam(list.spam, row));
  list.hidden = fitting.length - list.shown.length;
  list.counts = attention(rows, list.readUpTo);
}
