/**
 * Expiry days: docs/reference/format.md, Expiry days. A case expires at midnight UTC at the start of its expiry day.
 * retention/policy.py has the same rule, and both run the same vectors.
 */
import { addDays } from "./encoding.js";

/**
 * Return the expiry day for `days` days from some moment of the UTC day `first`. Days count from the day after it, so
 * that N days are never less than N times 24 hours.
 */
export const expiryDay = (first: string, days: number): string => addDays(first, 1 + days);
