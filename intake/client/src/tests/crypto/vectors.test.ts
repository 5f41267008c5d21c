/** The vectors of docs/reference/format.md; tests/crypto/test_vectors.py runs the same files. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CryptoError } from "../../crypto/errors.js";
import { OPERATIONS } from "./operations.js";

const folder = process.env["VECTORS"]!;

for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
  test(name, async () => {
    const vector = JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
    const run = async (): Promise<unknown> => OPERATIONS[vector.operation]!(vector.input);
    if ("refused" in vector) {
      await assert.rejects(
        run,
        (error) => error instanceof CryptoError && error.layer === vector.refused && error.reason === vector.reason,
      );
    } else {
      assert.deepEqual(await run(), vector.output);
    }
  });
}
