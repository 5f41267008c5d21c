/** Proof of work: what a request costs under load. docs/reference/format.md, Work. */
import { sha256 } from "@noble/hashes/sha2.js";
import { stretchAtOnce, WORK } from "./argon2id.js";
import { netstrings, utf8 } from "./encoding.js";
import { Label } from "./labels.js";

const NONCE = 16; // bytes
const UNIT = 32 * 1024; // bytes of age files that one price covers
const AT_ONCE = 40; // ms between pauses, so that the page stays responsive

/** Return how many tries, on average, `size` bytes of age files cost. */
export const cost = (price: number, size: number): number => Math.ceil((price * size) / UNIT);

/** Return what pays for an entry under a receipt, in place of an offer: this file, at this position of this case. */
export const forEntry = (lookup: string, number: number, digest: string): string => `${lookup} ${number} ${digest}`;

/** Return whether a nonce pays `tries` for the offer of this token. */
export function fits(offer: string, nonce: Uint8Array, tries: number): boolean {
  if (!tries) return true;
  const drawn = stretchAtOnce(sha256(netstrings(utf8(Label.WORK), utf8(offer))), nonce, WORK);
  return new DataView(drawn.buffer, drawn.byteOffset).getUint32(0) * tries < 2 ** 32;
}

/** Find a nonce. Takes `tries` attempts on average. */
export async function pay(offer: string, tries: number): Promise<Uint8Array> {
  for (let since = performance.now(); ;) {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    if (fits(offer, nonce, tries)) return nonce;
    if (performance.now() - since > AT_ONCE) {
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }
}
