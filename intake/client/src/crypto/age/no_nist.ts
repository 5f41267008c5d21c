/**
 * Replaces P-256 and P-384 in the pages' bundles (build.mjs), because nothing here uses these 14 KB.
 *
 * The age library also reads recipients with tags, and noble combines ML-KEM with these curves when it is loaded. Every
 * file of this project is to ML-KEM-768 with X25519 (`age.ts` refuses other recipients), so a use is an error.
 */
const unused = (): never => {
  throw new Error("P-256 and P-384 are not in this build");
};

const curve = (secret: number, point: number): object => ({
  lengths: {
    seed: secret,
    secretKey: secret,
    publicKey: point,
    publicKeyUncompressed: 2 * point - 1,
    publicKeyHasPrefix: true,
  },
  keygen: unused,
  getPublicKey: unused,
  getSharedSecret: unused,
  utils: { randomSecretKey: unused },
  Point: { Fn: {}, fromBytes: unused },
});

export const p256 = curve(32, 33);
export const p384 = curve(48, 49);
