/** Encodings with one accepted form each. docs/reference/format.md, Conventions. */
import { base64url } from "@scure/base";
import { CryptoError } from "./errors.js";

export type Bytes = Uint8Array<ArrayBuffer>;
export const ID_BYTES = 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

export function fromUtf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new CryptoError("encoding", "not the JSON of this shape");
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

/** Encode as base64url without padding. */
export const b64 = (data: Uint8Array): string => base64url.encode(data).replace(/=+$/, "");

/** Decode base64url. Each value has one accepted text. */
export function unb64(text: string, length?: number): Bytes {
  if (text.includes("=")) throw new CryptoError("encoding", "not base64url");
  let out: Uint8Array;
  try {
    // The library uses the browser's own decoder where it exists, and that needs padding.
    out = base64url.decode(text + "=".repeat((4 - (text.length % 4)) % 4));
  } catch {
    throw new CryptoError("encoding", "not base64url");
  }
  if (length !== undefined && out.length !== length)
    throw new CryptoError("encoding", "not base64url of the right length");
  return out as Bytes;
}

/** D. J. Bernstein's netstrings, concatenated. */
export function netstrings(...parts: Uint8Array[]): Bytes {
  return join(...parts.flatMap((part) => [utf8(`${part.length}:`), part, utf8(",")]));
}

export function isDay(text: string): boolean {
  // The years 1970 to 8999, so that sums of days stay within every calendar.
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < "1970" || text >= "9000") return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Count the days between two `YYYY-MM-DD` days. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export const today = (): string => new Date().toISOString().slice(0, 10);

/** Object.hasOwn, which phones before 2022 lack. */
export const has = (record: object, name: string): boolean => Object.prototype.hasOwnProperty.call(record, name);
