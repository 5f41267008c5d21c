/**
 * Two clocks: this device's and the server's.
 *
 * A client uses its own clock for refusals, and signs nothing if the clocks do not agree. The server's day counts
 * only while both agree, so it never makes anything effective.
 */
import { daysBetween } from "../crypto/encoding.js";

const AGREE_DAYS = 1; // by which two correct clocks may differ

/** The day that each clock shows. */
export interface Clocks {
  own: string;
  server: string;
}

/** Thrown where a client must date a signature and cannot know the day. */
export class ClocksError extends Error {
  constructor(readonly clocks: Clocks) {
    super("the clocks do not agree");
  }
}

/** Return whether both clocks can be right. */
export const agree = ({ own, server }: Clocks): boolean => Math.abs(daysBetween(own, server)) <= AGREE_DAYS;

/** Return the day for refusals: this device's, or the server's if that is the next day. */
export const readingDay = (clocks: Clocks): string =>
  agree(clocks) && clocks.server > clocks.own ? clocks.server : clocks.own;

/** Return the day for signatures: one that has begun by both clocks. Throws `ClocksError` if they do not agree. */
export function signingDay(clocks: Clocks): string {
  if (!agree(clocks)) throw new ClocksError(clocks);
  return clocks.own < clocks.server ? clocks.own : clocks.server;
}
