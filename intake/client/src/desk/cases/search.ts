/** Search what was decrypted: words in any spelling, and phone numbers in any format. Pure: no page, no network. */
import { folded } from "../../page/folded.js";

/** A text as the search reads it. */
export interface Searchable {
  folded: string;
  /** The phone numbers in it, digits alone, each between line breaks. */
  phones: string;
}

/** A part of what somebody searches for: words that must all occur, or a phone number instead of them. */
interface Term {
  words: string[];
  phone: string;
}

const PHONE = /\+?\(?\d(?:[\s()./\u2010-\u2015-]{0,3}\d){3,}/gu; // four digits or more
const FULL = 7; // digits from which a number can be compared with one that has a country's code
const PREFIX = /^0+/u; // of a national or an international call

/** Make a text searchable. */
export function searchable(text: string): Searchable {
  const plain = folded(text);
  const numbers = [...plain.matchAll(PHONE)].map(([number]) => digitsOf(number));
  return { folded: plain, phones: numbers.length ? `\n${numbers.join("\n")}\n` : "" };
}

/** Return a function that tells whether a text fits what somebody searches for. */
export function matcher(search: string): (text: Searchable) => boolean {
  const terms = termsOf(folded(search));
  return (text) => terms.every((term) => fits(term, text));
}

/** Return whether two contacts are the same phone number, whatever the format and the country's code. */
export function samePhone(one: string, other: string): boolean {
  const [a, b] = [digitsOf(folded(one)), digitsOf(folded(other))];
  return a.length >= FULL && b.length >= FULL && (a.endsWith(b) || b.endsWith(a));
}

function termsOf(search: string): Term[] {
  const numbers = [...search.matchAll(PHONE)].map(([number]) => number);
  const rest = numbers.reduce((left, number) => left.replace(number, " "), search);
  const split = (text: string): string[] => text.split(/\s+/u).filter(Boolean);
  return [
    ...split(rest).map((word) => ({ words: [word], phone: "" })),
    ...numbers.map((number) => ({ words: split(number), phone: digitsOf(number) })),
  ];
}

function fits({ words, phone }: Term, text: Searchable): boolean {
  if (words.every((word) => text.folded.includes(word))) return true;
  if (!phone || !text.phones) return false;
  if (text.phones.includes(phone)) return true;
  // A number in the text without the country's code that was searched for.
  return phone.length >= FULL && text.phones.split("\n").some((own) => own.length >= FULL && phone.endsWith(own));
}

const digitsOf = (number: string): string => number.replace(/\D/gu, "").replace(PREFIX, "");
