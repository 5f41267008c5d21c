/** Text as a search compares it: one spelling for each letter, however people type it. Pure, so that a worker can use it. */
import { decimal } from "../crypto/digits.js";

/** Letters that people type for one another, by script: each line has the letter to use, then those that it replaces. */
const LATIN = [
  "l ł ƚ ɫ",
  "d đ ð ɖ ɗ",
  "o ø ơ ɔ",
  "u ư",
  "ae æ",
  "oe œ",
  "ss ß",
  "i ı ɩ",
  "th þ",
  "h ħ",
  "t ŧ",
  "b ɓ",
  "k ƙ ĸ",
  "y ƴ",
  "n ŋ ɲ",
  "e ə ɛ ǝ",
  "g ɣ",
];
const ARABIC = [
  "ا ٱ", // alef with wasla. NFKD removes madda and hamza from the others.
  "ه ة ہ ھ ە ۃ", // teh marbuta and the hehs of Urdu and Kurdish
  "ك ک ڪ",
  "گ ګ",
  "ي ی ى ې ۍ ے",
];
const CYRILLIC = ["г ґ"];
const GREEK = ["σ ς"];
const DEVANAGARI = ["ं ँ"];
const APOSTROPHES = ["' ’ ‘ ʼ ʻ ʹ ` ´ ′"];

const SAME = new Map(
  [LATIN, ARABIC, CYRILLIC, GREEK, DEVANAGARI, APOSTROPHES].flat().flatMap((line) => {
    const [kept, ...others] = line.split(" ");
    return others.map((letter): [string, string] => [letter, kept!]);
  }),
);
const LETTERS = new RegExp(`[${[...SAME.keys()].join("")}]`, "gu");
// Accents and vowel signs that people leave out: those without a script of their own, and the points of Arabic and
// Hebrew. The vowel signs of Indic scripts are letters, but not their nuktas.
const MARKS =
  // eslint-disable-next-line no-misleading-character-class -- each is meant by itself
  /(?=\p{M})[\p{Script=Inherited}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}]|\p{Cf}|[\u0640\u093c\u09bc\u0a3c\u0abc]/gu;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Return lower-case text in which a search finds a word however it was typed.
 *
 * - Accents, vowel signs, invisible characters and tatweel are removed.
 * - Presentation forms and wide letters become plain ones.
 * - The digits of every script become 0 to 9.
 * - Letters that look or sound the same become one letter.
 */
export function folded(words: string): string {
  if (ASCII.test(words)) return words.toLowerCase();
  return words
    .normalize("NFKD")
    .replace(MARKS, "")
    .toLowerCase()
    .replace(MARKS, "") // in lower case, İ has a dot of its own
    .replace(LETTERS, (letter) => SAME.get(letter)!)
    .replace(/\p{Nd}/gu, (digit) => String(decimal(digit) ?? digit));
}
