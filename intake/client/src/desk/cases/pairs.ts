/** Suggest matching offers and needs, and possible duplicates, from summaries in the browser. */
import { type Row } from "./rows.js";
import { folded } from "../../page/folded.js";
import { samePhone } from "./search.js";

const MAX_SUGGESTIONS = 5;
const ALIKE = 0.6; // share of words that two requests have in common

/** Suggest cases of the other direction with a common kind, those of the same area first. */
export function suggestions(row: Row, rows: Row[]): Row[] {
  const area = folded(row.summary.area).trim();
  return rows
    .filter(
      (other) =>
        other.open &&
        other.id !== row.id &&
        other.summary.direction !== row.summary.direction &&
        other.summary.kinds.some((kind) => row.summary.kinds.includes(kind)),
    )
    .map((row) => ({ row, near: area !== "" && folded(row.summary.area).trim() === area ? 1 : 0 }))
    .sort((a, b) => b.near - a.near)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ row }) => row);
}

/** List requests with the same contact, or with nearly the same words under the same name. */
export function duplicates(row: Row, rows: Row[]): Row[] {
  const [name, like] = [plain(row.summary.name), likeness(row)];
  return rows
    .filter(
      (other) =>
        other.id !== row.id &&
        other.summary.direction === row.summary.direction &&
        (like.contact(other) || (plain(other.summary.name) === name && like.words(other))),
    )
    .slice(0, MAX_SUGGESTIONS);
}

/** Return two tests for other rows: whether they name the same contact, and whether they say nearly the same. */
export function likeness(row: Row): { contact: (other: Row) => boolean; words: (other: Row) => boolean } {
  const [contact, words] = [plain(row.summary.contact), wordsOf(row)];
  return {
    contact: (other) =>
      (contact.length > 3 && plain(other.summary.contact) === contact) ||
      samePhone(row.summary.contact, other.summary.contact),
    words: (other) => words.size > 3 && common(words, wordsOf(other)) >= ALIKE,
  };
}

/** Letters and digits alone, so that 0170/123 equals 0170 123. */
const plain = (words: string): string => folded(words).replace(/[^\p{L}\p{N}]/gu, "");
const wordsOf = (row: Row): Set<string> =>
  new Set(
    folded(row.summary.line)
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean),
  );
const common = (a: Set<string>, b: Set<string>): number =>
  [...a].filter((word) => b.has(word)).length / Math.max(1, new Set([...a, ...b]).size);
