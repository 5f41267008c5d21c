/** What the group's page shows of each member at a glance: open cases, duty and keys. Pure: no page, no network. */
import { addDays } from "../../crypto/encoding.js";
import type { Counts } from "../member/answers.js";

/** What a colleague should notice of a member. The most urgent is first. */
export type MemberMark = "no-keys" | "overdue" | "inactive" | "off-duty" | "on-duty";

export interface Workload {
  member: string;
  /** The open cases that they hold. */
  open: number;
  /** The day until which their keys should be renewed. Null without valid keys. */
  due: string | null;
  marks: MemberMark[];
}

/** What the workload is computed from. `Member` has it. */
export interface GroupFacts {
  counts: Pick<Counts, "assignment" | "open" | "inactive" | "off_duty">;
  group: { keys: { members: ReadonlyMap<string, string>; epochDays: number } };
  seats: ReadonlyMap<string, { from: string }>;
  today: string;
}

/** Return the workload of every member, in the order in which they were added. */
export const workloads = (facts: GroupFacts): Workload[] =>
  [...facts.group.keys.members.keys()].map((member) => workloadOf(facts, member));

function workloadOf({ counts, group, seats, today }: GroupFacts, member: string): Workload {
  const seat = seats.get(member);
  const due = seat ? addDays(seat.from, group.keys.epochDays) : null;
  const marks: MemberMark[] = [];
  if (due === null) marks.push("no-keys");
  else if (due <= today) marks.push("overdue");
  if (counts.inactive.includes(member)) marks.push("inactive");
  if (counts.assignment === "duty") marks.push(counts.off_duty.includes(member) ? "off-duty" : "on-duty");
  return { member, open: counts.open[member] ?? 0, due, marks };
}
