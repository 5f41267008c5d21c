/**
 * Argon2id (RFC 9106) with the parameter sets in use. docs/reference/format.md.
 *
 * `stretch` uses `portable` until a page sets another engine: `page/argon2id.ts` runs it in a worker. docs/adr/0033.
 */
import { argon2id, argon2idAsync } from "@noble/hashes/argon2.js";
import type { Bytes } from "./encoding.js";

export const RECEIPT = { m: 19_456, t: 2, p: 1 };
export const PASSPHRASE = { m: 65_536, t: 3, p: 4 };
export const WORK = { m: 256, t: 1, p: 1 };
export const SIZE = 32; // bytes of output
const OUT = { dkLen: SIZE, version: 0x13 };

/** Memory in KiB, passes and lanes. */
export interface Cost {
  m: number;
  t: number;
  p: number;
}
/** Computes 32 bytes. Calls `onProgress` with the finished part, from 0 to 1, if it knows it. */
export type Engine = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: Cost,
  onProgress?: (done: number) => void,
) => Promise<Bytes>;

/** Compute without pauses. Only for costs of milliseconds. */
export const stretchAtOnce = (password: Uint8Array, salt: Uint8Array, cost: Cost): Uint8Array =>
  argon2id(password, salt, { ...cost, ...OUT });

/** Compute in JavaScript, with pauses in which the page can react. */
export const portable: Engine = async (password, salt, cost, onProgress) => {
  const options = { ...cost, ...OUT, asyncTick: 20, ...(onProgress ? { onProgress } : {}) };
  return (await argon2idAsync(password, salt, options)) as Bytes;
};

let engine = portable;

/** Compute with another engine from now on. */
export function useEngine(other: Engine): void {
  engine = other;
}

export const stretch: Engine = (password, salt, cost, onProgress) => engine(password, salt, cost, onProgress);
