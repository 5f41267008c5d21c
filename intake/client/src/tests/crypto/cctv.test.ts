/** The public age vectors (C2SP CCTV), without armour and passphrases, against the age library of the client. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { Decrypter } from "age-encryption";
import * as vectors from "cctv-age";
import { decrypt, identityFromSeed, seedOf } from "../../crypto/age/age.js";
import { CryptoError } from "../../crypto/errors.js";

const files = vectors as unknown as Record<string, Uint8Array>;

for (const [name, data] of Object.entries(files)) {
  const raw = Buffer.from(data);
  const split = raw.indexOf("\n\n");
  const head = raw.subarray(0, split).toString();
  const field = (key: string): string[] =>
    [...head.matchAll(new RegExp(`^${key}: (.*)$`, "gm"))].map((match) => match[1]!);
  if (field("armored").length || field("passphrase").length || name.startsWith("scrypt")) continue;
  test(`cctv ${name}`, async () => {
    let file = new Uint8Array(raw.subarray(split + 2));
    if (field("compressed").length) file = new Uint8Array(inflateSync(file));
    const expected = field("expect")[0];
    const hybrid = field("identity").filter((line) => line.startsWith("AGE-SECRET-KEY-PQ-"));
    const ours = await Promise.all(hybrid.map((secret) => identityFromSeed(seedOf({ secret, recipient: "" }))));
    const open = async (): Promise<Uint8Array> => {
      if (ours.length) return decrypt(file, ours);
      const decrypter = new Decrypter();
      for (const identity of field("identity")) decrypter.addIdentity(identity);
      return decrypter.decrypt(file);
    };
    if (expected === "success") {
      assert.equal(
        createHash("sha256")
          .update(await open())
          .digest("hex"),
        field("payload")[0],
      );
    } else {
      await assert.rejects(open, (error) => !ours.length || error instanceof CryptoError);
    }
  });
}
