/** A receipt that is stretched ahead: once for each request, again for another group, and again after a failure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { useEngine } from "../../crypto/argon2id.js";
import { newId } from "../../crypto/encoding.js";
import { normalise } from "../../crypto/receipt.js";
import { EarlyReceipt } from "../../form/early_receipt.js";

let runs = 0;
let broken = false;
useEngine((password, _salt, _cost, onProgress) => {
  runs++;
  onProgress?.(0.5);
  if (broken) return Promise.reject(new Error("no memory"));
  return Promise.resolve(new Uint8Array(32).fill(password[0]!));
});
const nothing = (): void => undefined;

test("one stretching serves every try to send one request", async () => {
  const [early, group, before] = [new EarlyReceipt(), newId(), runs];
  await early.begin(group);
  const first = await early.take(group, nothing);
  const second = await early.take(group, nothing);
  assert.equal(first, second);
  assert.equal(normalise(first.code), first.code);
  assert.equal(runs, before + 1);
});

test("another request has a receipt of its own", async () => {
  const [early, group] = [new EarlyReceipt(), newId()];
  const first = await early.take(group, nothing);
  early.forget();
  assert.notEqual((await early.take(group, nothing)).code, first.code);
});

test("another group has a receipt of its own", async () => {
  const early = new EarlyReceipt();
  const first = await early.take(newId(), nothing);
  assert.notEqual(await early.take(newId(), nothing), first);
});

test("a waiting caller gets the failure, and the next try begins again", async () => {
  const [early, group] = [new EarlyReceipt(), newId()];
  broken = true;
  await assert.rejects(early.take(group, nothing));
  broken = false;
  assert.ok((await early.take(group, nothing)).opened.lookup);
});

test("a waiting caller gets the progress", async () => {
  const progress: number[] = [];
  await new EarlyReceipt().take(newId(), (done) => progress.push(done));
  assert.deepEqual(progress, [0.5]);
});
