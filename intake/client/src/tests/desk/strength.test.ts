/** Passphrases that the browser refuses. tests/cli/test_passphrases.py uses the same list. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { strength } from "../../desk/passphrase/strength.js";

interface Passphrases {
  handle: string;
  refused: string[];
  accepted: string[];
}
const { handle, refused, accepted } = JSON.parse(
  readFileSync(`${process.env["VECTORS"]!}/../cli/passphrases.json`, "utf8"),
) as Passphrases;

for (const typed of refused) {
  test(`a passphrase guessed within a hundred million tries is refused: ${typed}`, () => {
    const judged = strength(typed, handle);
    assert.notEqual(judged.verdict, "good");
    assert.ok(judged.score < 3, "the meter says good beside a refusal");
  });
}
for (const typed of accepted) {
  test(`random words of any language are good: ${typed}`, () => assert.equal(strength(typed, handle).verdict, "good"));
}
