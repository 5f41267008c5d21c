/** What the list shows: filter, marks and the rows that pass. Pure: no page, no network. */
import { type Attention, attention } from "./attention.js";
import { type FollowUps, NO_FOLLOW_UPS } from "./follow_up.js";
import { type Filter, freshFilter, matching } from "./filter.js";
import type { Row } from "./rows.js";
import type { Searchable } from "./search.js";
import { freshSelection, keepShown, type Selection } from "./selection.js";
import { inPlace, type Order, sorted } from "./sorting.js";
import { isSpam, type SpamRule } from "./spam.js";

export interface ListState {
  filter: Filter;
  view: string;
  side: boolean;
  order: Order;
  /** Whether the rows are grouped by status. */
  grouped: boolean;
  /** Whether rows are low, so that more of them fit. */
  dense: boolean;
  /** The rows that pass the filter. Computed only when rows or filter change. */
  shown: Row[];
  /** How many rows pass the filter and are hidden as spam. */
  hidden: number;
  /** The rules from rows that this member marked as spam. */
  spam: SpamRule[];
  /** The whole text of cases that were opened since sign-in, for the search. */
  texts: Map<string, Searchable>;
  /** The cases that pass the other filters, were not found, and have more text than the search reads. */
  unsearched: string[];
  /** How many open cases ask for attention, whatever the filter. */
  counts: Attention;
  selection: Selection;
  /** The highest number of a case's shared entries that this member has seen. */
  readUpTo: (id: string) => number;
  followUps: FollowUps;
}

const NOTHING_READ = (): number => -1;

export const freshListState = (): ListState => ({
  filter: freshFilter(),
  view: "",
  side: false,
  order: "newest",
  grouped: false,
  dense: false,
  shown: [],
  hidden: 0,
  spam: [],
  texts: new Map(),
  unsearched: [],
  counts: { reply: 0, unread: 0, due: 0, any: 0 },
  selection: freshSelection(),
  readUpTo: NOTHING_READ,
  followUps: NO_FOLLOW_UPS,
});

/**
 * Compute again which rows are shown, and the counts.
 *
 * @param isOpening whether rows are still being opened, so that those on the screen keep their places.
 */
export function refilter(list: ListState, rows: Row[], today: string, isOpening = false): void {
  const fitting = matching(rows, list.filter, today, list, (row) => list.texts.get(row.id) ?? row.text);
  const kept = fitting.filter((row) => !isSpam(list.spam, row));
  const ordered = sorted(kept, list.order, list.grouped, list);
  list.shown = isOpening ? inPlace(ordered, list.shown, list.grouped) : ordered;
  keepShown(
    list.selection,
    list.shown.map(({ id }) => id),
  );
  list.hidden = fitting.length - kept.length;
  list.unsearched = list.filter.search.trim() ? unsearched(rows, list, today) : [];
  list.counts = attention(rows, list.readUpTo, list.followUps.isDue);
}

/** Return the ids of the cases whose request is longer than the search reads, and that it has not found. */
function unsearched(rows: Row[], list: ListState, today: string): string[] {
  const shown = new Set(list.shown.map(({ id }) => id));
  return matching(rows, { ...list.filter, search: "" }, today, list)
    .filter((row) => !row.whole && !list.texts.has(row.id) && !shown.has(row.id))
    .map(({ id }) => id);
}
