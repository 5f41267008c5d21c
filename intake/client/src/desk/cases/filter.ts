/** Filter the rows of the list. Pure: no page, no network. */
import { addDays } from "../../crypto/encoding.js";
import { isUnread, needsReply } from "./attention.js";
import type { FollowUps } from "./follow_up.js";
import { type Row } from "./rows.js";
import { matcher, type Searchable } from "./search.js";

export const AGES = ["1", "3", "7"] as const; // days
export const EXPIRIES = ["1", "3", "7"] as const; // days

export interface Filter {
  search: string;
  status: string;
  kind: string;
  direction: string;
  language: string;
  urgency: string;
  age: string;
  expiry: string;
  closed: string;
  tag: string;
  /** "reply" shows what needs a reply, "unread" what this member has not seen, "due" what has a follow-up for today or earlier. */
  attention: string;
}

/** Return which cases a filter chooses by what asks for attention. A search looks through all of them. */
export const attentionOf = ({ search, attention }: Filter): string => (search.trim() ? "" : attention);

export const freshFilter = (): Filter => ({
  search: "",
  status: "",
  kind: "",
  direction: "",
  language: "",
  urgency: "",
  age: "",
  expiry: "",
  closed: "",
  tag: "",
  attention: "",
});

/** The part of a filter that is stored. The search text is left out: it may be somebody's name. */
export const storedFilter = ({ search: _, ...fields }: Filter): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value));
export const restored = (stored: Record<string, string>): Filter => ({ ...freshFilter(), ...stored, search: "" });

/** What this member has seen, and their follow-ups. */
export interface Marks {
  readUpTo: (id: string) => number;
  followUps: FollowUps;
}

export function matching(
  rows: Row[],
  filter: Filter,
  today: string,
  { readUpTo, followUps }: Marks,
  textOf: (row: Row) => Searchable = (row) => row.text,
): Row[] {
  const fits = matcher(filter.search);
  const attention = attentionOf(filter);
  const since = filter.age ? addDays(today, -Number(filter.age)) : "";
  const until = filter.expiry ? addDays(today, Number(filter.expiry)) : "";
  return rows.filter((row) => {
    const { summary } = row;
    if ((!row.open && !filter.closed) || (filter.status && row.status !== filter.status)) return false;
    if (attention === "reply" && !needsReply(row, readUpTo(row.id))) return false;
    if (attention === "unread" && !isUnread(row, readUpTo(row.id))) return false;
    if (attention === "due" && !followUps.isDue(row)) return false;
    if (filter.tag && !row.tags.includes(filter.tag)) return false;
    if (filter.kind && !summary.kinds.includes(filter.kind)) return false;
    if (
      (filter.direction && summary.direction !== filter.direction) ||
      (filter.language && summary.language !== filter.language)
    )
      return false;
    if (
      (filter.urgency && summary.urgency !== filter.urgency) ||
      (since && summary.arrived < since) ||
      (until && row.expires > until)
    )
      return false;
    return fits(textOf(row));
  });
}
