/** Order and group the rows of the list. Pure: no page, no network. */
import { STATUSES } from "../../crypto/entry.js";
import { needsReply } from "./attention.js";
import type { Marks } from "./filter.js";
import { byAge, type Row } from "./rows.js";

export const ORDERS = ["newest", "waiting", "urgency", "deletion", "activity", "follow-up"] as const;
export type Order = (typeof ORDERS)[number];

const URGENCIES = ["today", "1-3", "3-5", "5-7", "more"]; // answers to "When do you need it?", the soonest first

/** Return the rows in an order. Rows that are equal in it come newest first. */
export function sorted(rows: Row[], order: Order, grouped: boolean, marks: Marks): Row[] {
  if (order === "newest" && !grouped) return rows; // as the list loads them
  const keyOf = keys(order, marks);
  const keyed = rows.map((row) => ({ row, status: grouped ? statusRank(row) : 0, key: keyOf(row) }));
  keyed.sort((a, b) => a.status - b.status || (a.key < b.key ? -1 : a.key > b.key ? 1 : byAge(a.row, b.row)));
  return keyed.map(({ row }) => row);
}

/**
 * Keep the rows that were shown in their places, and put the others of `ordered` below them. With groups, each row stays
 * within its group. A list that is still being opened does not move under a finger.
 */
export function inPlace(ordered: Row[], before: Row[], grouped: boolean): Row[] {
  const places = new Map(before.map(({ id }, place) => [id, place]));
  const rank = (row: Row): number => (grouped ? statusRank(row) : 0);
  const placeOf = ({ id }: Row): number => places.get(id) ?? before.length;
  return [...ordered].sort((a, b) => rank(a) - rank(b) || placeOf(a) - placeOf(b)); // stable: the others keep their order
}

/** Return whether a row begins another group than the row before it. */
export const startsGroup = (rows: Row[], index: number): boolean =>
  index === 0 || statusRank(rows[index]!) !== statusRank(rows[index - 1]!);

/** Order the statuses as a case passes through them. A case that nobody has opened comes first, a closed one last. */
export const statusRank = (row: Row): number =>
  row.fresh ? -1 : row.open ? STATUSES.indexOf(row.status) : STATUSES.length;

/** Return what an order compares, the smallest first. */
function keys(order: Order, { readUpTo, followUps }: Marks): (row: Row) => string {
  switch (order) {
    case "newest":
      return () => "";
    case "waiting":
      return (row) => (needsReply(row, readUpTo(row.id)) ? row.turn.waiting : "~");
    case "urgency":
      return ({ summary }) => (URGENCIES.includes(summary.urgency) ? String(URGENCIES.indexOf(summary.urgency)) : "~");
    case "deletion":
      return (row) => row.expires;
    case "activity":
      return (row) => descending(row.active);
    case "follow-up":
      return (row) => followUps.dayOf(row) || "~";
  }
}

/** Return a text that sorts the other way round. */
const descending = (day: string): string => day.replace(/\d/g, (digit) => String(9 - Number(digit)));
