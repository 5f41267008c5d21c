/**
 * Find a member's cases that a host dropped or replaced since the last sign-in.
 * docs/reference/format.md, Unlockers and keyring.
 */
import type { HeldCase } from "./keyring.js";

/** Ids of cases that disappeared before their day, and ids that now name another request. */
export interface Changed {
  missing: string[];
  replaced: string[];
}

/**
 * Compare with the member's own record. Cases that were withdrawn, closed or handed over are reported too. The member
 * must know the reason, or ask for it.
 */
export function compare(before: HeldCase[], now: HeldCase[], on: string): Changed {
  const present = new Map(now.map((held) => [held.case, held.request]));
  return {
    missing: before.filter((held) => !present.has(held.case) && held.until > on).map((held) => held.case),
    replaced: before
      .filter((held) => (present.get(held.case) ?? held.request) !== held.request)
      .map((held) => held.case),
  };
}
