/**
 * The equation of Ed25519, solved by the browser. docs/adr/0047.
 *
 * The draft "Secure Curves in the Web Cryptography API" asks for the equation of our profile, but not every library
 * behind WebCrypto solves it. A browser therefore answers five questions first, and is not asked again if one answer is
 * wrong.
 */
import type { Equation } from "./ed25519.js";
import { unb64, utf8 } from "./encoding.js";

const NAME = "Ed25519";
const MAX_KEYS = 32;
const QUESTION = utf8('DSSEv1 21 sealed-intake/1/entry 34 {"format":"sealed-intake/1/entry"}');
/** From tests/vectors/signature-*.json: those that differ between libraries once the encodings have been checked. */
const CASES = [
  {
    key: "iYAaB3AWP7sfuk90HqNtG_QuPidQLy_4A14jOLQQwiE",
    signature: "3lc3H7HQ8m3KGabaGHOai5uUNy3Pz0O2H1Y8Jal7OekfAOR4Rc7eQKNeuDUNahCdGm0QMV5m3ubwEgyXxKg2BA",
    holds: true,
  },
  {
    key: "Ihg3s9gLolFYMkNck5UYz_ulWeuRSoc6T0_pvGvW1s0",
    signature: "bdb0HfNnaXoSheJt_mXpR3CVKOEJ5RmJjKCrBJCgSM6v97Qj-a_mLwpBEp634hATDXluDZQTX_6ymIepuRLVCQ",
    holds: true,
  },
  {
    key: "iYAaB3AWP7sfuk90HqNtG_QuPidQLy_4A14jOLQQwiE",
    signature: "taQEKz6ihPjjp9tuCoHkbpuUELogA1NT-mVMKKPkYW4nzbMcgiBDhDM_ms9qTquL43gUXRsmXaQwN2czfcMFBA",
    holds: false,
  },
  {
    key: "Ihg3s9gLolFYMkNck5UYz_ulWeuRSoc6T0_pvGvW1s0",
    signature: "WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmYt1Y8w-BVL74zB_TG49ZWK2MYfOih0RmOEw-o3Ca0GDw",
    holds: false,
  },
  {
    key: "iYAaB3AWP7sfuk90HqNtG_QuPidQLy_4A14jOLQQwiE",
    signature: "3lc3H7HQ8m3KGabaGHOai5uUNy3Pz0O2H1Y8Jal7Oenu_8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    holds: false,
  },
];

/** Return the browser's own equation, or null if the browser lacks it or solves another one. */
export async function nativeEquation(): Promise<Equation | null> {
  const keys = new Map<string, CryptoKey>();
  const solve: Equation = async (signature, message, public_) => {
    const id = public_.join();
    let key = keys.get(id);
    if (!key) {
      key = await crypto.subtle.importKey("raw", public_ as BufferSource, NAME, false, ["verify"]);
      if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value!);
      keys.set(id, key);
    }
    return crypto.subtle.verify(NAME, key, signature as BufferSource, message as BufferSource);
  };
  return (await followsProfile(solve)) ? solve : null;
}

/** Return whether an equation is that of the profile. */
export async function followsProfile(solve: Equation): Promise<boolean> {
  try {
    for (const { key, signature, holds } of CASES)
      if ((await solve(unb64(signature, 64), QUESTION, unb64(key, 32))) !== holds) return false;
    return true;
  } catch {
    return false; // no WebCrypto, no Ed25519, or a key that it does not take
  }
}
