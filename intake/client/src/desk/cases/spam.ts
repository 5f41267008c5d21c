/**
 * A coordinator's own rule against a flood: hide cases that are like one that they marked, in this page, until they sign
 * out.
 *
 * Nothing is sent or stored. With a rule that the group shares, somebody could make another person's requests
 * disappear.
 */
import { likeness } from "./pairs.js";
import type { Row } from "./rows.js";

export type SpamRule = (row: Row) => boolean;

/** Make a rule from a marked row. */
export function likeSpam(row: Row): SpamRule {
  const like = likeness(row);
  return (other) => other.id === row.id || like.contact(other) || like.words(other);
}

/** Return whether a row is hidden. */
export const isSpam = (rules: SpamRule[], row: Row): boolean => rules.some((fits) => fits(row));
