/**
 * A coordinator's own rule against a flood: hides what is like a case that they marked, in this page, until they sign out.
 * Nothing is sent, and nothing kept: a rule that the group shared would be a way to make somebody's requests vanish.
 */
import { likeness } from "./pairs.js";
import type { Row } from "./rows.js";

let marked: ((row: Row) => boolean)[] = [];

export function mark(row: Row): void {
  const like = likeness(row);
  marked = [...marked, (other) => other.id === row.id || like.contact(other) || like.words(other)];
}
export const forgetSpam = (): void => {
  marked = [];
};

/** Whether a row is hidden. */
export const isSpam = (row: Row): boolean => marked.some((fits) => fits(row));
