/** Signatures by members whose key was used before: they are checked faster, and as strictly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../../crypto/encoding.js";
import { Label } from "../../crypto/labels.js";
import { newSigningSeed, sign, verify, verifyingKey } from "../../crypto/signing.js";

const FIRST = 100; // times as long as a later one
const COUNT = 30;
const TRIES = 5;
const body = utf8('{"format":"sealed-intake/1/entry"}');

interface Signed {
  key: string;
  signature: string;
}

/** A signature that was made elsewhere: making one here would compute the table. */
const FIXED: Signed = {
  key: "iYAaB3AWP7sfuk90HqNtG_QuPidQLy_4A14jOLQQwiE",
  signature: "3lc3H7HQ8m3KGabaGHOai5uUNy3Pz0O2H1Y8Jal7OekfAOR4Rc7eQKNeuDUNahCdGm0QMV5m3ubwEgyXxKg2BA",
};

function signed(seed = newSigningSeed()): Signed {
  return { key: verifyingKey(seed), signature: sign(seed, Label.ENTRY, body) };
}

// The first test of this file, because a table for the base point is computed once.
test("the first signature of a page is checked in less than a hundred times the time of a later one", () => {
  const all = Array.from({ length: COUNT }, () => FIXED);
  const first = timeOf(all.slice(0, 1));
  const later = Math.min(...Array.from({ length: TRIES }, () => timeOf(all))) / COUNT;
  assert.ok(first / later < FIRST, `${Math.round(first)} ms and ${later.toFixed(2)} ms`);
});

function timeOf(all: Signed[]): number {
  const begun = performance.now();
  for (const { key, signature } of all) verify(key, Label.ENTRY, body, signature);
  return performance.now() - begun;
}

test("signatures by one member are checked in three quarters of the time of as many members' first ones", () => {
  const one = Array.from({ length: COUNT }, () => signed(new Uint8Array(32).fill(7)));
  const members = Array.from({ length: TRIES }, () => Array.from({ length: COUNT }, () => signed()));
  const first = Math.min(...members.map(timeOf)); // whatever else the machine does only adds time
  const later = Math.min(...members.map(() => timeOf(one)));
  assert.ok(later / first < 0.75, `${Math.round(later)} ms of ${Math.round(first)} ms`);
});

test("a signature of another text is refused by a key that was used often", () => {
  const { key, signature } = signed();
  for (let round = 0; round < 4; round++) {
    verify(key, Label.ENTRY, body, signature);
    assert.throws(() => verify(key, Label.ENTRY, utf8("another entry"), signature), /does not verify/);
  }
});

test("more members than tables are held for have their signatures checked, each again and again", () => {
  const many = Array.from({ length: 70 }, () => signed());
  for (let round = 0; round < 3; round++) timeOf(many);
  assert.throws(() => verify(many[0]!.key, Label.ENTRY, body, many[1]!.signature), /does not verify/);
});
