/**
 * A coordinator's own rule against a flood: hides what is like a case that they marked, in this page, until they sign out.
 * Nothing is sent, and nothing kept: a rule that the group shared would be a way to make somebody's requests vanish.
 */
import { alike } from "./pairs.js";
import type { Row } from "./rows.js";

let marked: Row[] = [];

export const mark = (row: Row): void => { marked = [...marked, row]; };
export const forgetSpam = (): void => { marked = []; };

/** Whether a row is hidden. */
export const isSpam = (row: Row): boolean => marked.some((one) => one.id === row.id || alike(one, row));
