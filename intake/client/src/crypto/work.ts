/** Proof of work: what a submission costs while many are sent. docs/format.md, Work. */
import { sha256 } from "@noble/hashes/sha2.js";
import { stretchAtOnce, WORK } from "./argon2id.js";
import { netstrings, utf8 } from "./encoding.js";
import { Label } from "./labels.js";

const NONCE = 16; // bytes
const AT_ONCE = 40; // ms between pauses, so that the page stays alive

/** Whether a nonce pays `price` for the slate of this token. */
export function fits(slate: string, nonce: Uint8Array, price: number): boolean {
  if (!price) return true;
  const drawn = stretchAtOnce(sha256(netstrings(utf8(Label.WORK), utf8(slate))), nonce, WORK);
  return new DataView(drawn.buffer, drawn.byteOffset).getUint32(0) * price < 2 ** 32;
}

/** A nonce that fits, found after `price` tries on average. */
export async function pay(slate: string, price: number): Promise<Uint8Array> {
  for (let since = performance.now(); ;) {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    if (fits(slate, nonce, price)) return nonce;
    if (performance.now() - since > AT_ONCE) {
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }
}
