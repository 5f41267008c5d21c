/** Argon2id in WebAssembly and in JavaScript gives the same bytes. Vectors compare the latter with Python. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSPHRASE, portable, RECEIPT, WORK } from "../../crypto/argon2id.js";
import { compiled } from "../../crypto/argon2id_wasm.js";
import { utf8 } from "../../crypto/encoding.js";

for (const [name, cost] of Object.entries({ PASSPHRASE, RECEIPT, WORK })) {
  test(`both engines agree for ${name}`, async () => {
    const [password, salt] = [utf8("seven lanterns over quiet water"), new Uint8Array(16).fill(7)];
    const hash = await compiled(password, salt, cost);
    assert.deepEqual(hash, await portable(password, salt, cost));
    assert.notDeepEqual(hash, await compiled(password, salt.fill(8), cost));
  });
}
