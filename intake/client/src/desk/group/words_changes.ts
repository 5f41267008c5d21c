/** Changes of the group words: one template, one tag, or the names of statuses. Pure. */
import { Problem } from "../../net/api.js";
import type { Words } from "../member/words.js";

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Refuse to overwrite what a colleague changed since this member began. */
function checkUnchanged(now: unknown, base: unknown, next: unknown): void {
  if (!isSame(now, base) && !isSame(now, next)) throw new Problem("stale");
}

/** Return the list with an item added (no `base`), replaced, or removed (no `next`). */
export function withItem<T extends { id: string }>(items: T[], base: T | null, next: T | null): T[] {
  const { id } = (next ?? base)!;
  const now = items.find((item) => item.id === id) ?? null;
  checkUnchanged(now, base, next);
  if (!next) return items.filter((item) => item !== now);
  return now ? items.map((item) => (item === now ? next : item)) : [...items, next];
}

/** Return the names of statuses with those that this member changed. An empty name stands for the usual one. */
export function withNames(
  now: Words["statuses"],
  base: Words["statuses"],
  typed: Words["statuses"],
): Words["statuses"] {
  const names = new Map(Object.entries(now));
  for (const [status, name] of Object.entries(typed)) {
    if (name === (base[status] ?? "")) continue;
    checkUnchanged(now[status] ?? "", base[status] ?? "", name);
    if (name) names.set(status, name);
    else names.delete(status);
  }
  return Object.fromEntries(names);
}

/** Return the earlier words, unless a colleague has changed the words that this member sees. */
export function restored(now: Words, seen: Words, earlier: Words): Words {
  checkUnchanged(now, seen, earlier);
  return earlier;
}
