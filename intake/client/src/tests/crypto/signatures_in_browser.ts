/** Decides signatures in a browser. tests/e2e/test_signatures.py gives the vectors and compares the outcomes. */
import { useNative } from "../../crypto/ed25519.js";
import { nativeEquation } from "../../crypto/ed25519_native.js";
import { utf8 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import type { Label } from "../../crypto/labels.js";
import { verifyAsync } from "../../crypto/signing.js";

interface Input {
  key: string;
  label: Label;
  body: string;
  signature: string;
}

/** Return the reason for which each signature is refused, empty for one that is accepted. */
async function decide(inputs: Input[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { key, label, body, signature } of inputs) {
    try {
      await verifyAsync(key, label, utf8(body), signature);
      reasons.push("");
    } catch (error) {
      reasons.push(error instanceof CryptoError ? error.reason : String(error));
    }
  }
  return reasons;
}

Object.assign(globalThis, {
  decided: null,
  decideAll: async (inputs: Input[]) => {
    const equation = await nativeEquation();
    useNative(equation);
    Object.assign(globalThis, { decided: { isNative: equation !== null, reasons: await decide(inputs) } });
  },
});
