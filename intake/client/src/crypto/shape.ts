/** Parse JSON of a known shape: all members present, and no others. */
import { type Bytes, fromUtf8, has, isDay } from "./encoding.js";
import { CryptoError } from "./errors.js";

const TEXTS = /"(?:[^"\\]|\\.)*"/gs;

export type Check<T> = (value: unknown) => T;
export type Of<C> = C extends Check<infer T> ? T : never;

const refuse = (): never => {
  throw new CryptoError("encoding", "not the JSON of this shape");
};

/** Half a surrogate pair has no UTF-8, so two readers would hash it differently. */
export const text: Check<string> = (value) =>
  typeof value === "string" && !/[\ud800-\udfff]/u.test(value) ? value : refuse();
export const flag: Check<boolean> = (value) => (typeof value === "boolean" ? value : refuse());
export const day: Check<string> = (value) => {
  if (!isDay(text(value))) throw new CryptoError("encoding", "not a day");
  return text(value);
};
/** A file of a parcel. */
export const file: Check<Bytes> = (value) => (value instanceof Uint8Array ? (value as Bytes) : refuse());
/** The largest integer of the formats: browsers round above 2^53, and stores refuse more than 2^31. */
const MAX_WHOLE = 2 ** 31 - 1;
export const whole: Check<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_WHOLE
    ? (value as number)
    : refuse();

export const oneOf =
  <const T extends readonly string[]>(...options: T): Check<T[number]> =>
  (value) =>
    options.includes(value as string) ? (value as T[number]) : refuse();

export const list =
  <T>(item: Check<T>): Check<T[]> =>
  (value) =>
    Array.isArray(value) ? value.map((element) => item(element)) : refuse();

export const maybe =
  <T>(item: Check<T>): Check<T | null> =>
  (value) =>
    value === null ? null : item(value);

export const anything: Check<unknown> = (value) => value;

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse();
}

export const map =
  <T>(item: Check<T>): Check<Record<string, T>> =>
  (value) =>
    Object.fromEntries(Object.entries(record(value)).map(([key, member]) => [text(key), item(member)]));

export function object<M extends Record<string, Check<unknown>>>(members: M): Check<{ [K in keyof M]: Of<M[K]> }> {
  const names = Object.keys(members);
  return (value) => {
    const source = record(value);
    if (Object.keys(source).length !== names.length || !names.every((name) => has(source, name))) refuse();
    return Object.fromEntries(names.map((name) => [name, members[name]!(source[name])])) as {
      [K in keyof M]: Of<M[K]>;
    };
  };
}

/** Check an object that may lack one member. */
export const withOptional =
  <T extends object, N extends string, V>(whole: Check<T>, name: N, item: Check<V>): Check<T & { [K in N]?: V }> =>
  (value) => {
    const source = record(value);
    if (!has(source, name)) return whole(value);
    const { [name]: optional, ...required } = source;
    return { ...whole(required), [name]: item(optional) };
  };

/** Check an object, with defaults for members that it may lack. */
export const withDefaults =
  <T extends object>(whole: Check<T>, defaults: Partial<T>): Check<T> =>
  (value) =>
    whole({ ...defaults, ...record(value) });

export function parse<T>(check: Check<T>, data: Uint8Array | string): T {
  const source = typeof data === "string" ? data : fromUtf8(data);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    refuse();
  }
  // Numbers consist of digits. Outside of strings, JSON has these characters only in other numbers.
  if (/[-.]|\d[eE]/.test(source.replace(TEXTS, ""))) refuse();
  return check(value);
}
