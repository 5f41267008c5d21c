/**
 * Ed25519 by the profile of docs/reference/format.md: canonical encodings, no points of small order, the equation
 * without cofactor.
 *
 * The library's `verify` clears the cofactor. OpenSSL, which the Python implementation uses, does not. A signer could
 * make signatures that only one of them accepts, so this module solves the equation with the library's points.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { CryptoError } from "./errors.js";
import { join } from "./encoding.js";
import type { Reason } from "./reasons.js";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const P = 2n ** 255n - 19n;
const L = Point.Fn.ORDER;
const WINDOW = 4; // bits: a table of 520 points, which costs as much as three signatures
const MAX_KEYS = 32; // about 5 MB of tables
// The library's own table for the base point has 4,224 points, which takes a page's first signature a third of a second.
Point.BASE.precompute(WINDOW);

/** The y of the eight points of small order. The four of order 8 share two values, and those of order 4 share 0. */
const SMALL_ORDER = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/** The keys that signatures were checked with, and how often. A desk checks thousands of signatures by a few members. */
const used = new Map<string, { point: Point; times: number }>();

/** Returns whether the equation of a signature holds, for bytes that this module has checked. */
export type Equation = (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => Promise<boolean>;
let native: Equation | null = null;
/** Make `verifyAsync` ask the browser from now on. See ed25519_native.ts. */
export const useNative = (equation: Equation | null): void => {
  native = equation;
};

/** Decode a public key of 32 bytes. Throws for a key that must not be used. */
export function key(bytes: Uint8Array): Point {
  if (!isCanonical(bytes)) refuse("a key that is not canonical");
  const point = decode(bytes) ?? refuse("a key that is not on the curve");
  if (SMALL_ORDER.has(yOf(bytes))) refuse("a key of small order");
  return point;
}

/** Throw unless 64 bytes are a valid signature over `message` by the key of 32 bytes. */
export function verify(signature: Uint8Array, message: Uint8Array, public_: Uint8Array): void {
  const { r, s } = checkedParts(signature);
  const entry = usedKey(public_);
  // From a key's second signature on, a table of its multiples makes the equation faster.
  if (++entry.times === 2) entry.point.precompute(WINDOW);
  const k = number(sha512(join(r, public_, message))) % L;
  // RFC 8032, 5.1.7, step 3, without the cofactor: R = [S]B - [k]A. Everything is public, so variable time is fine.
  const expected = Point.BASE.multiplyUnsafe(s).subtract(entry.point.multiplyUnsafe(k)).toBytes();
  if (!expected.every((byte, i) => byte === r[i])) refuse("a signature that does not verify");
}

/** Like `verify`. The browser solves the equation where it can, and this module checks everything else. */
export async function verifyAsync(signature: Uint8Array, message: Uint8Array, public_: Uint8Array): Promise<void> {
  checkedParts(signature);
  usedKey(public_);
  const holds = native && (await native(signature, message, public_).catch(() => null));
  if (holds === false) refuse("a signature that does not verify");
  if (holds === null) verify(signature, message, public_); // no browser that can say
}

/** Return R and S. Throws for encodings that the profile refuses, whatever the equation says. */
function checkedParts(signature: Uint8Array): { r: Uint8Array; s: bigint } {
  const r = signature.subarray(0, 32);
  const s = number(signature.subarray(32));
  if (!isCanonical(r)) refuse("a signature whose R is not canonical");
  if (SMALL_ORDER.has(yOf(r))) refuse("a signature whose R has a small order");
  if (s >= L) refuse("a signature whose S is not reduced");
  return { r, s };
}

/** Return a key that was checked, and how often `verify` used it. */
function usedKey(bytes: Uint8Array): { point: Point; times: number } {
  const id = bytes.join();
  let entry = used.get(id);
  if (!entry) {
    entry = { point: key(bytes), times: 0 };
    if (used.size >= MAX_KEYS) used.delete(used.keys().next().value!);
    used.set(id, entry);
  }
  return entry;
}

/** RFC 8032, 5.1.3: y is below p, and the sign is 0 where x is 0. */
function isCanonical(point: Uint8Array): boolean {
  const sign = point[31]! & 0x80;
  const y = yOf(point);
  return y < P && !(sign && (y === 1n || y === P - 1n));
}

const yOf = (point: Uint8Array): bigint => number(point) & ((1n << 255n) - 1n);

function decode(bytes: Uint8Array): Point | null {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

function number(bytes: Uint8Array): bigint {
  let hex = "";
  for (const byte of bytes) hex = byte.toString(16).padStart(2, "0") + hex;
  return BigInt(`0x${hex}`);
}

function refuse(reason: Reason): never {
  throw new CryptoError("signature", reason);
}
