/** Which of a member's cases a host has dropped or replaced since the last sign-in. docs/reference/format.md, Unlockers and keyring. */
import type { HeldCase } from "./keyring.js";

/** Ids of cases that are gone before their day, and of cases under whose id another request lies now. */
export interface Changed {
  gone: string[];
  replaced: string[];
}

/** By a member's own record. A case that was withdrawn, closed or handed over is gone as well: the member has to know, or ask. */
export function compare(before: HeldCase[], now: HeldCase[], on: string): Changed {
  const present = new Map(now.map((one) => [one.case, one.request]));
  return {
    gone: before.filter((one) => !present.has(one.case) && one.until > on).map((one) => one.case),
    replaced: before.filter((one) => (present.get(one.case) ?? one.request) !== one.request).map((one) => one.case),
  };
}
