/** Text as a search compares it. Pure, so that a worker can use it too. */

/**
 * Return lower-case text without marks and invisible characters: "cafe" finds "café", and Arabic with or without
 * vowel signs.
 */
export const folded = (words: string): string =>
  words
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase();
