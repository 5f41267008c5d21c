/** Decides who a follow-up is for and whether it is due. Pure: no page, no network. docs/reference/format.md, Follow-up. */
import { daysBetween } from "../../crypto/encoding.js";
import type { FollowUp } from "../../crypto/follow_up.js";

/** The part of a row that decides who its follow-up is for. */
interface Planned {
  open: boolean;
  followUp: FollowUp | null;
  holders: Record<string, string>;
}

/**
 * Return the follow-up of an open case if it is for this member. A follow-up for a member who no longer has the case is
 * for everybody.
 */
export const ownFollowUp = ({ open, followUp, holders }: Planned, member: string): FollowUp | null =>
  open && followUp && (followUp.member === member || !(followUp.member in holders)) ? followUp : null;

/** The follow-ups of the member who is signed in: the day of a row's follow-up or "", and whether it is due. */
export interface FollowUps {
  dayOf: (row: Planned) => string;
  isDue: (row: Planned) => boolean;
}

export const NO_FOLLOW_UPS: FollowUps = { dayOf: () => "", isDue: () => false };

/** @param today returns the date in the member's own time zone. */
export function followUpsOf(member: string, today: () => string): FollowUps {
  const dayOf = (row: Planned): string => ownFollowUp(row, member)?.day ?? "";
  const isDue = (row: Planned): boolean => {
    const day = dayOf(row);
    return day !== "" && daysBetween(day, today()) >= 0;
  };
  return { dayOf, isDue };
}
