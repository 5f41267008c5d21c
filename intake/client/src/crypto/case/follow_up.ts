/** The follow-up of a case: the day on which a member means to return to it. docs/reference/format.md, Follow-up. */
import { type Entry } from "../entry.js";
import { type FollowUp } from "../follow_up.js";

/** Return the follow-up that the newest of these desk entries states. The entries are in the order of their numbers. */
export function followUpOf(desk: Entry[]): FollowUp | null {
  const newest = desk.flatMap(({ content }) => ("summary" in content ? [content] : [])).at(-1);
  return newest?.follow_up ?? null;
}
