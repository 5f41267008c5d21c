/**
 * Check a hybrid recipient as far as possible without its secret. docs/reference/format.md, Age files;
 * crypto/age/kem.py.
 *
 * FIPS 203, 7.2 (modulus check); RFC 7748; cr.yp.to/ecdh.html lists the points of small order.
 */
import { CryptoError } from "../errors.js";
import type { Reason } from "../reasons.js";

const MLKEM_PUBLIC = 1184; // bytes: 768 coefficients of 12 bits, and the seed of the matrix
const COEFFICIENTS = 1152; // bytes
const Q = 3329;
const P = 2n ** 255n - 19n;
/** Every u below p, on the curve and on its twist, that each X25519 scalar maps to zero. */
const SMALL_ORDER = new Set([
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/** Throw unless 1216 bytes are a valid ML-KEM-768 key and a valid X25519 key. */
export function check(raw: Uint8Array): void {
  for (let i = 0; i < COEFFICIENTS; i += 3) {
    const low = raw[i]! | ((raw[i + 1]! & 0x0f) << 8);
    const high = (raw[i + 1]! >> 4) | (raw[i + 2]! << 4);
    if (low >= Q || high >= Q) refuse("a recipient whose ML-KEM part is not reduced");
  }
  const share = raw.subarray(MLKEM_PUBLIC);
  if (share[31]! & 0x80 || coordinate(share) >= P) refuse("a recipient whose X25519 part is not canonical");
  if (hasSmallOrder(share)) refuse("a recipient whose X25519 part has a small order");
}

/** Return whether an X25519 key, in any encoding, gives a shared secret of zero. */
export const hasSmallOrder = (share: Uint8Array): boolean => SMALL_ORDER.has(coordinate(share) % P);

/** Return the coordinate as X25519 reads it: little-endian, without the highest bit. */
function coordinate(share: Uint8Array): bigint {
  let value = 0n;
  for (let i = 31; i >= 0; i--) value = (value << 8n) | BigInt(i === 31 ? share[i]! & 0x7f : share[i]!);
  return value;
}

function refuse(reason: Reason): never {
  throw new CryptoError("encoding", reason);
}
