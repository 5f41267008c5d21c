/** Argon2id (RFC 9106) with the parameter sets in use. docs/reference/format.md. */
import { argon2id, argon2idAsync } from "@noble/hashes/argon2.js";
import type { Bytes } from "./encoding.js";

export const RECEIPT = { m: 19_456, t: 2, p: 1 };
export const PASSPHRASE = { m: 65_536, t: 3, p: 4 };
export const WORK = { m: 256, t: 1, p: 1 };
const OUT = { dkLen: 32, version: 0x13 };

/** Like `stretch`, without pauses: for a cost of milliseconds. */
export const stretchAtOnce = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: { m: number; t: number; p: number },
): Uint8Array => argon2id(password, salt, { ...cost, ...OUT });

export async function stretch(
  password: Uint8Array,
  salt: Uint8Array,
  cost: { m: number; t: number; p: number },
  onProgress?: (done: number) => void,
): Promise<Bytes> {
  const options = { ...cost, ...OUT, asyncTick: 20, ...(onProgress ? { onProgress } : {}) };
  return (await argon2idAsync(password, salt, options)) as Bytes;
}
