/** Text encodings with one accepted form each. docs/format.md, Conventions. */
import { CryptoError } from "./errors.js";

export type Bytes = Uint8Array<ArrayBuffer>;
export const ID_BYTES = 16;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

export function fromUtf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new CryptoError("encoding", "not UTF-8");
  }
}

export function join(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

export const newId = (): string => b64(random(ID_BYTES));

/** Base64url without padding. */
export function b64(data: Uint8Array): string {
  let text = "";
  for (let i = 0; i < data.length; i += 3) {
    const rest = data.length - i;
    const bits = (data[i]! << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
    for (let j = 0; j < Math.min(4, rest + 1); j++) text += ALPHABET[(bits >> (18 - 6 * j)) & 63];
  }
  return text;
}

/** Strict inverse of `b64`. */
export function unb64(text: string, length?: number): Bytes {
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new CryptoError("encoding", "not base64url");
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = (bits >> held) & 255;
    }
  }
  if (b64(out) !== text || (length !== undefined && out.length !== length)) {
    throw new CryptoError("encoding", "not base64url of the right length");
  }
  return out;
}

/** D. J. Bernstein's netstrings, concatenated. */
export function netstrings(...parts: Uint8Array[]): Bytes {
  return join(...parts.flatMap((part) => [utf8(`${part.length}:`), part, utf8(",")]));
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Days between two `YYYY-MM-DD` days. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export const today = (): string => new Date().toISOString().slice(0, 10);

/** Object.hasOwn, which phones before 2022 lack. */
export const has = (record: object, name: string): boolean => Object.prototype.hasOwnProperty.call(record, name);
