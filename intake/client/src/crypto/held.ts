/**
 * Find a member's cases that a host dropped or replaced since the last sign-in.
 * docs/reference/format.md, Unlockers and keyring.
 */
import type { HeldCase } from "./keyring.js";

/** Ids of cases that disappeared before their day, and ids that now name another request. */
export interface Changed {
  gone: string[];
  replaced: string[];
}

/**
 * Compare with the member's own record. Cases that were withdrawn, closed or handed over are reported too: the member
 * has to check.
 */
export function compare(before: HeldCase[], now: HeldCase[], on: string): Changed {
  const present = new Map(now.map((one) => [one.case, one.request]));
  return {
    gone: before.filter((one) => !present.has(one.case) && one.until > on).map((one) => one.case),
    replaced: before.filter((one) => (present.get(one.case) ?? one.request) !== one.request).map((one) => one.case),
  };
}
