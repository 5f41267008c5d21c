/**
 * Find phone numbers, e-mail addresses and web addresses in what people wrote. Pure: no page, no network.
 *
 * - A phone number has 7 to 15 digits of any script (E.164). It is no date, no sum of money and no part of a word.
 * - A number in doubt stays text, because a call to a wrong number tells a stranger about the case.
 * - Every expression is bounded, so that a long text of a hostile requester takes no more than linear time.
 *
 * intake/site/text_parts.py finds the same parts. Both are tested by tests/site/text_parts.json.
 */
import { plain, toAscii } from "../crypto/digits.js";

export type PartKind = "text" | "phone" | "mail" | "web";

export interface Part {
  kind: PartKind;
  text: string;
  /** The address of a `tel:` or `mailto:` link, without the scheme. Empty for other parts. */
  target: string;
}

const MIN_DIGITS = 7; // digits. Shorter ones are house numbers, amounts and times more often than phone numbers.
const MAX_DIGITS = 15; // E.164
const MIN_NATIONAL = 9; // digits of a number with the zero that is dialled before it within a country
const MAX_NUMBER = 80; // characters of two numbers with all that is between their digits
const SPACE = "[ \\t\\u00a0\\u2007\\u2009\\u202f]";
const DASH = "[-/\\u2010-\\u2015]";
const GAP = `(?:${SPACE}?${DASH}${SPACE}?|\\.|${SPACE}{1,2})?`;
const NUMBER = `[+\\uff0b]?(?:\\(\\+?\\p{Nd}{1,5}\\)|\\p{Nd})(?:${GAP}(?:\\(\\p{Nd}{1,5}\\)|\\p{Nd}))*`;
const MAIL = "[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}";
const WEB = '(?:https?://|www\\.)[^\\s<>"\\u2039\\u203a]{1,2000}'; // ‹U+202C› is how the desk shows an invisible character
const FOUND = new RegExp(`(${WEB})|(${MAIL})|(${NUMBER})`, "giu");
const ENDS = ".,;:!?'\"\u00bb\u201d\u2019\u2026\u060c\u061b\u061f\u06d4\u0964";
const END_OF_SENTENCE = new RegExp(`[${ENDS}]+$`, "u");
const END_IN_BRACKETS = new RegExp(`[${ENDS})]+$`, "u");

const MONEY = "(?:[$\\u00a2-\\u00a5\\u058f\\u060b\\u09f3\\u0e3f\\u17db\\u20a0-\\u20c0\\ufdfc]|EUR|USD|GBP|CHF)";
const MARK = "[A-Za-z\\u00aa\\u00ba\\u00c0-\\u024f\\u1e00-\\u1eff_@#%=\\u066a]"; // joins a number with a word, or measures it
const BEFORE = new RegExp(`(?:${MARK}|${MONEY} ?|\\p{Nd}:|(?:^|\\P{Nd})\\p{Nd}{1,3}[,'\\u2019\\u066b\\u066c])$`, "u");
const AFTER = new RegExp(`^(?:${MARK}| ?${MONEY}|:\\p{Nd}|[,'\\u2019\\u066b\\u066c]\\p{Nd}{1,3}(?!\\p{Nd}))`, "u");
const NEAR = 6; // characters before and after a number that are looked at

/** A house number right before a phone number, and the phone number. */
const AFTER_HOUSE = /^(\p{Nd}{1,4}[^\p{Nd}()]+)(\p{Nd}.*)$/u;

/** Numbers that look like phone numbers, written with 0 to 9, one kind of space and one kind of dash. */
const NO_PHONE = [
  /(?:^|\D)(?:(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d)(?![-./]?\d)/, // a date
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/, // a date without separators
  /^(?:19|20)\d\d ?[-/ ] ?(?:19|20)\d\d$/, // years
  /^\d\d?\.\d\d ?- ?\d\d?\.\d\d$/, // times
  /^[1-9]\d?([ .])\d{3}(?:\1\d{3})+$/, // 1 500 000
  /^[1-9]\d\d([ .])\d{3}(?:\1\d{3})*[ .]000$/, // 150 000 000, but not 612 345 678
  /^[1-9]\d?0{5,}$/, // 1500000
  /^\d{4,}\.\d\d?$/, // 123456.50
];

/** Split a text into its parts. Their texts together are the text. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const add = (kind: PartKind, words: string, target = ""): void => {
    const last = parts[parts.length - 1];
    if (kind === "text" && last?.kind === "text") last.text += words;
    else if (words) parts.push({ kind, text: words, target });
  };
  let at = 0;
  for (const { 0: run, 1: web, 2: mail, index } of text.matchAll(FOUND)) {
    add("text", text.slice(at, index));
    at = index + run.length;
    if (web) {
      const address = withoutEnd(web);
      add("web", address);
      add("text", web.slice(address.length));
    } else if (mail) add("mail", mail, mailTarget(mail));
    else if (BEFORE.test(text.slice(Math.max(0, index - NEAR), index)) || AFTER.test(text.slice(at, at + NEAR)))
      add("text", run);
    else for (const part of phonesIn(run)) add(part.kind, part.text, part.target);
  }
  add("text", text.slice(at));
  return parts;
}

/** Return the parts of a run of digits: usually one number, or two with a slash between them. */
function phonesIn(run: string): Part[] {
  if (run.length > MAX_NUMBER) return [{ kind: "text", text: run, target: "" }];
  const slash = /^(.*?)(\s?\/\s?)(.*)$/u.exec(run);
  if (slash && plain(slash[1]!).length >= MIN_DIGITS && plain(slash[3]!).length >= MIN_DIGITS)
    return [...phonesIn(slash[1]!), { kind: "text", text: slash[2]!, target: "" }, ...phonesIn(slash[3]!)];
  const [, house, rest] = AFTER_HOUSE.exec(run) ?? [];
  if (house && rest && !isZero(house) && isZero(rest) && plain(rest).length >= MIN_NATIONAL)
    return [{ kind: "text", text: house, target: "" }, ...phonesIn(rest)];
  const number = withoutCount(run);
  if (!isPhone(number)) return [{ kind: "text", text: run, target: "" }];
  return [
    { kind: "phone", text: number, target: phoneTarget(number) },
    { kind: "text", text: run.slice(number.length), target: "" },
  ];
}

/** Return whether a number begins with a zero. */
const isZero = (number: string): boolean => plain(number).startsWith("0");

/** Leave out a single digit at the end, which counts something else: "0170 1234567 - 3 children". */
function withoutCount(run: string): string {
  const number = run.replace(/[^\p{Nd})]+\(?\p{Nd}\)?$/u, "");
  return plain(number).length >= MIN_DIGITS ? number : run;
}

function isPhone(number: string): boolean {
  const written = asciiOf(number);
  const count = written.replace(/\D/g, "").length;
  if (count < MIN_DIGITS || count > (written.startsWith("00") ? MAX_DIGITS + 2 : MAX_DIGITS)) return false;
  return /[+(]/.test(written) || !NO_PHONE.some((pattern) => pattern.test(written));
}

/** Return what to dial. The zero of "+49 (0) 170" is only for calls within the country. */
function phoneTarget(number: string): string {
  const written = asciiOf(number);
  const isInternational = /^\(?(?:\+|00)/.test(written);
  const digits = (isInternational ? written.replace("(0)", "") : written).replace(/\D/g, "");
  return written.includes("+") ? `+${digits}` : digits;
}

const mailTarget = (mail: string): string => {
  const at = mail.lastIndexOf("@");
  return `${encodeURIComponent(mail.slice(0, at))}${mail.slice(at)}`;
};

/** Leave the end of a sentence out of a web address, and a bracket that was opened before it. */
const withoutEnd = (web: string): string => web.replace(web.includes("(") ? END_OF_SENTENCE : END_IN_BRACKETS, "");

const asciiOf = (number: string): string =>
  toAscii(number)
    .replace(/[\t\u00a0\u2007\u2009\u202f]/gu, " ")
    .replace(/[\u2010-\u2015]/gu, "-")
    .replace("\uff0b", "+");
