/** Codes of decimal digits with a Damm check digit. docs/format.md, Receipt. */
import { CryptoError } from "./errors.js";

const DAMM = [
  "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
  "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
];
const SEPARATOR = /[\s\-\u2010-\u2014\u200e\u200f]/u;

export function checkDigit(digits: string): string {
  let interim = 0;
  for (const digit of digits) interim = Number(DAMM[interim]![Number(digit)]);
  return String(interim);
}

export function generate(length: number): string {
  let body = "";
  while (body.length < length - 1) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 250 is the largest multiple of ten in a byte: no digit is likelier than another.
      if (byte < 250 && body.length < length - 1) body += String(byte % 10);
    }
  }
  return body + checkDigit(body);
}

/** ASCII digits of what a person typed, in the digits of any script; spaces and dashes go. */
export function plain(text: string): string {
  let digits = "";
  for (const character of text) {
    if (SEPARATOR.test(character)) continue;
    const value = decimal(character);
    if (value === null) throw new CryptoError("digits", "something in it is not a digit");
    digits += value;
  }
  return digits;
}

/** The same text, its digits of whatever script as 0 to 9; all else as it was. */
export const toAscii = (text: string): string => text.replace(/\p{Nd}/gu, (digit) => String(decimal(digit)));

/** What `plain` gives of a code with a check digit. */
export function normalise(text: string, length: number): string {
  const digits = plain(text);
  if (digits.length !== length) throw new CryptoError("digits", "it has too few or too many digits");
  if (checkDigit(digits) !== "0") throw new CryptoError("digits", "a digit is mistyped");
  return digits;
}

/** The value of a decimal digit of any script: Unicode encodes each script's ten in order, from its zero. */
function decimal(character: string): number | null {
  if (!/^\p{Nd}$/u.test(character)) return null;
  let point = character.codePointAt(0)!;
  let value = 0;
  // The mathematical digits (U+1D7CE to U+1D7FF) are five runs of ten without a gap.
  if (point >= 0x1d7ce && point <= 0x1d7ff) return (point - 0x1d7ce) % 10;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(point - 1))) {
    point--;
    value++;
  }
  return value;
}

export const inGroups = (digits: string): string => digits.match(/.{1,4}/gu)?.join(" ") ?? "";

/** 40 digits of a 32-byte hash, in fours: what people compare. */
export function fromHash(hash: Uint8Array): string {
  let value = 0n;
  for (const byte of hash) value = (value << 8n) | BigInt(byte);
  return inGroups((value % 10n ** 40n).toString().padStart(40, "0"));
}
