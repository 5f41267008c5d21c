/** When a member's keys are due for rotation. Pure: no page, no network. */
import { addDays } from "../../crypto/encoding.js";
import type { Member } from "../member/member.js";

/** Return the day from which a member's keys are overdue. */
export const dueOn = (me: Member, member = me.id): string | null => {
  const seat = me.seats.get(member);
  return seat ? addDays(seat.from, me.group.keys.epochDays) : null;
};
export const isDue = (me: Member, member = me.id): boolean => (dueOn(me, member) ?? "") <= me.today;
