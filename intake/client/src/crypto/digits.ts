/** Codes of decimal digits with a Damm check digit. docs/reference/format.md, Receipt. */
import { CryptoError } from "./errors.js";

const DAMM = [
  "0317598642",
  "7092154863",
  "4206871359",
  "1750983426",
  "6123045978",
  "3674209581",
  "5869720134",
  "8945362017",
  "9438617205",
  "2581436790",
];
/**
 * Unicode's White_Space and the byte order mark, for a character class of a regular expression. Languages disagree
 * about white space, so both implementations list it.
 */
export const WHITE = "\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
/**
 * The zero of every script with decimal digits (Unicode 17.0), each followed by its nine. The list is written out
 * because Python and browsers know different versions of Unicode.
 */
const ZEROS = [
  0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
  0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
  0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0,
  0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50,
  0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
  0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

export function checkDigit(digits: string): string {
  let interim = 0;
  for (const digit of digits) interim = Number(DAMM[interim]![Number(digit)]);
  return String(interim);
}

export function generate(length: number): string {
  let body = "";
  while (body.length < length - 1) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 250 is the largest multiple of ten that fits in a byte, so every digit is equally likely.
      if (byte < 250 && body.length < length - 1) body += String(byte % 10);
    }
  }
  return body + checkDigit(body);
}

/**
 * Return the digits in a text, of any script, as ASCII. Leave out everything else: messengers and other apps put spaces,
 * dashes, words and invisible characters around and between digits.
 */
export const plain = (text: string): string => [...text].map((character) => decimal(character) ?? "").join("");

/** Replace the digits of every script by 0 to 9. */
export const toAscii = (text: string): string => [...text].map((character) => decimal(character) ?? character).join("");

/** Like `plain`, and check the length and the check digit: these decide whether a code is right. */
export function normalise(text: string, length: number): string {
  const digits = plain(text);
  if (digits.length !== length) throw new CryptoError("digits", "a code with too few or too many digits");
  if (checkDigit(digits) !== "0") throw new CryptoError("digits", "a code with a mistyped digit");
  return digits;
}

/** Return the value of a decimal digit of any script. */
export function decimal(character: string): number | null {
  const point = character.codePointAt(0)!;
  const zero = ZEROS.find((start) => point >= start && point <= start + 9);
  return zero === undefined ? null : point - zero;
}

export const inGroups = (digits: string): string => digits.match(/.{1,4}/gu)?.join(" ") ?? "";

/** Return 40 digits of a 32-byte hash, in groups of four, for people to compare. */
export function fromHash(hash: Uint8Array): string {
  let value = 0n;
  for (const byte of hash) value = (value << 8n) | BigInt(byte);
  return inGroups((value % 10n ** 40n).toString().padStart(40, "0"));
}
