/** Which cases ask for a coordinator's attention: unread, or waiting for a reply. Pure: no page, no network. */
import type * as entry from "../../crypto/entry.js";
import type { Turn } from "./turn.js";

/** The part of a row that says whether its case asks for attention. */
interface Asking {
  id: string;
  open: boolean;
  status: entry.StatusName;
  turn: Turn;
}

/** The statuses of a case in which nothing is left to do. */
export const SETTLED: entry.StatusName[] = ["done", "sent-elsewhere", "cannot-help", "duplicate"];

/** Return whether this member has not seen the request, or words of its requester that nobody has answered. */
export const isUnread = (row: Asking, readUpTo: number): boolean => row.turn.asked > readUpTo;

/** Return whether somebody should write to the requester. A settled case counts only until its newest words are read. */
export const needsReply = (row: Asking, readUpTo: number): boolean =>
  row.open && row.turn.waiting !== "" && (!SETTLED.includes(row.status) || isUnread(row, readUpTo));

export interface Attention {
  reply: number;
  unread: number;
  /** Cases whose follow-up is for today or earlier. */
  due: number;
  /** Cases with any of these marks. */
  any: number;
}

/** Count the open cases that ask for attention. */
export function attention<R extends Asking>(
  rows: R[],
  readUpTo: (id: string) => number,
  isDue: (row: R) => boolean,
): Attention {
  const counts = { reply: 0, unread: 0, due: 0, any: 0 };
  for (const row of rows) {
    if (!row.open) continue;
    const position = readUpTo(row.id);
    const [reply, unread, due] = [needsReply(row, position), isUnread(row, position), isDue(row)];
    counts.reply += reply ? 1 : 0;
    counts.unread += unread ? 1 : 0;
    counts.due += due ? 1 : 0;
    counts.any += reply || unread || due ? 1 : 0;
  }
  return counts;
}

/** Return the page's title with the number of things that ask for attention, and nothing else about them. */
export const titleWith = (number: number, title: string): string => (number ? `(${number}) ${title}` : title);
