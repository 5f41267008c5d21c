/** Whose turn a case is: the requester's or the group's. Pure: no page, no network. */
import type * as entry from "../../crypto/entry.js";

/** What the newest shared entries of a case say about whose turn it is. */
export interface Turn {
  /** The day since which the requester waits for a reply, or "" if the group has spoken last. */
  waiting: string;
  /** Whether only earlier entries could show whose turn it is. `waiting` is a guess then. */
  undecided: boolean;
  /** The number of the requester's newest words that the group has not answered. The request has number 0. */
  asked: number;
  /** The day of the newest of these entries. */
  last: string;
}

/**
 * Return whose turn it is.
 *
 * - The requester wrote last: they wait.
 * - A coordinator wrote to them, or wrote that the case is in progress or closed: they do not wait.
 * - New keys, a hold, and the progress "read" are not a reply.
 *
 * @param newest the newest shared entries after the request, the newest first. Null for one that does not open.
 * @param arrived the day of the request.
 */
export function turnOf(newest: { number: number; opened: entry.Entry | null }[], arrived: string): Turn {
  const last = newest[0]?.opened?.day ?? arrived;
  for (const { number, opened } of newest) {
    // Only a requester can leave an entry that does not open, so a coordinator must see the case.
    if (!opened?.author) return { waiting: opened?.day ?? last, undecided: false, asked: number, last };
    const answers = opened.kind === "message" || (opened.kind === "progress" && opened.content.stage !== "read");
    if (answers) return { waiting: "", undecided: false, asked: 0, last };
  }
  return { waiting: arrived, undecided: (newest.at(-1)?.number ?? 1) > 1, asked: 0, last };
}
