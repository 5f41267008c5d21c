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

/** The keys that signatures were checked with, and how often. A desk checks thousands of signatures by a few members. */
const used = new Map<string, { point: Point; times: number }>();

/** Decode a public key of 32 bytes. Throws for a key that must not be used. */
export function key(bytes: Uint8Array): Point {
  if (!isCanonical(bytes)) refuse("a key that is not canonical");
  const point = decode(bytes) ?? refuse("a key that is not on the curve");
  if (point.isSmallOrder()) refuse("a key of small order");
  return point;
}

/** Throw unless 64 bytes are a valid signature over `message` by the key of 32 bytes. */
export function verify(signature: Uint8Array, message: Uint8Array, public_: Uint8Array): void {
  const r = signature.subarray(0, 32);
  const s = number(signature.subarray(32));
  if (!isCanonical(r)) refuse("a signature whose R is not canonical");
  if (decode(r)?.isSmallOrder()) refuse("a signature whose R has a small order");
  if (s >= L) refuse("a signature whose S is not reduced");
  const a = usedKey(public_);
  const k = number(sha512(join(r, public_, message))) % L;
  // RFC 8032, 5.1.7, step 3, without the cofactor: R = [S]B - [k]A. Everything is public, so variable time is fine.
  const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes();
  if (!expected.every((byte, i) => byte === r[i])) refuse("a signature that does not verify");
}

/** Return the point of a key. From its second signature on, a table of its multiples makes the equation faster. */
function usedKey(bytes: Uint8Array): Point {
  const id = bytes.join();
  let entry = used.get(id);
  if (!entry) {
    entry = { point: key(bytes), times: 0 };
    if (used.size >= MAX_KEYS) used.delete(used.keys().next().value!);
    used.set(id, entry);
  }
  if (++entry.times === 2) entry.point.precompute(WINDOW);
  return entry.point;
}

/** RFC 8032, 5.1.3: y is below p, and the sign is 0 where x is 0. */
function isCanonical(point: Uint8Array): boolean {
  const sign = point[31]! & 0x80;
  const y = number(point) & ((1n << 255n) - 1n);
  return y < P && !(sign && (y === 1n || y === P - 1n));
}

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
