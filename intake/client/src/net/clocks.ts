/**
 * Two clocks: this device's and the server's. A client uses its own for what it refuses; where they differ it signs nothing. The server's
 * day never makes anything effective: it counts only while both clocks agree.
 */
import { daysBetween } from "../crypto/encoding.js";

const AGREE_DAYS = 1; // by which two honest clocks may differ

/** What each clock says. */
export interface Clocks {
  own: string;
  server: string;
}

/** A client would have to date something that it signs, and cannot know the day. */
export class ClocksError extends Error {
  constructor(readonly clocks: Clocks) {
    super("the clocks do not agree");
  }
}

/** Whether both can be right. */
export const agree = ({ own, server }: Clocks): boolean => Math.abs(daysBetween(own, server)) <= AGREE_DAYS;

/** The day for what is refused: this device's, or the server's where that is the day after it. */
export const readingDay = (clocks: Clocks): string =>
  agree(clocks) && clocks.server > clocks.own ? clocks.server : clocks.own;

/** The day to write under a signature: one that has begun by both clocks. Throws a `ClocksError` where they do not agree. */
export function signingDay(clocks: Clocks): string {
  if (!agree(clocks)) throw new ClocksError(clocks);
  return clocks.own < clocks.server ? clocks.own : clocks.server;
}
