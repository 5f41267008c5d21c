/** The browser's own Ed25519: it decides only where it follows the profile, and then like the code of this project. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Equation, useNative, verify as verifyBytes } from "../../crypto/ed25519.js";
import { followsProfile, nativeEquation } from "../../crypto/ed25519_native.js";
import { CryptoError } from "../../crypto/errors.js";
import { utf8 } from "../../crypto/encoding.js";
import type { Label } from "../../crypto/labels.js";
import { verify, verifyAsync } from "../../crypto/signing.js";

interface Input {
  key: string;
  label: Label;
  body: string;
  signature: string;
}

const folder = process.env["VECTORS"]!;
const vectors = readdirSync(folder)
  .filter((name) => /^signature-.*\.json$/.test(name))
  .map((name) => ({ name, ...JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) }));

const cofactored: Equation = (signature, message, key) =>
  Promise.resolve(ed25519.verify(signature, message, key, { zip215: true }));
const strict: Equation = (signature, message, key) => {
  try {
    verifyBytes(signature, message, key);
    return Promise.resolve(true);
  } catch {
    return Promise.resolve(false);
  }
};

afterEach(() => useNative(null));

const outcome = async ({ key, label, body, signature }: Input): Promise<string> => {
  try {
    await verifyAsync(key, label, utf8(body), signature);
    return "accepted";
  } catch (error) {
    assert.ok(error instanceof CryptoError);
    return `${error.layer}: ${error.reason}`;
  }
};
const expected = (vector: { refused?: string; reason?: string }): string =>
  vector.refused ? `${vector.refused}: ${vector.reason}` : "accepted";

test("an equation that clears the cofactor is not used", async () => {
  assert.equal(await followsProfile(cofactored), false);
});

test("an equation that refuses points of mixed order is not used", async () => {
  const refusesTorsion: Equation = async (signature, message, key) =>
    ed25519.Point.fromBytes(key).isTorsionFree() && strict(signature, message, key);
  assert.equal(await followsProfile(refusesTorsion), false);
});

test("an equation that accepts everything, or nothing, is not used", async () => {
  assert.equal(await followsProfile(() => Promise.resolve(true)), false);
  assert.equal(await followsProfile(() => Promise.resolve(false)), false);
});

test("a browser without Ed25519 is not asked", async () => {
  assert.equal(await followsProfile(() => Promise.reject(new Error("NotSupportedError"))), false);
});

test("the equation of this project passes its own questions", async () => {
  assert.equal(await followsProfile(strict), true);
});

test("a signature that only a cofactored equation accepts is refused where such a one is not used", async () => {
  useNative((await followsProfile(cofactored)) ? cofactored : null);
  const vector = vectors.find(({ name }) => name === "signature-by-the-cofactor-alone.json")!;
  assert.equal(await outcome(vector.input), expected(vector));
});

test("WebCrypto's Ed25519 and the code of this project decide every vector alike, for the same reason", async () => {
  assert.ok(vectors.length > 20);
  const equation = await nativeEquation();
  assert.ok(equation);
  useNative(equation);
  for (const vector of vectors) assert.equal(await outcome(vector.input), expected(vector), vector.name);
});

test("encodings that the profile refuses are refused whatever the equation says", async () => {
  useNative(() => Promise.resolve(true));
  const byEquation = "signature: a signature that does not verify";
  for (const vector of vectors.filter((one) => expected(one) !== byEquation))
    assert.equal(await outcome(vector.input), expected(vector), vector.name);
});

test("what the browser cannot decide is decided by the code of this project", async () => {
  useNative(() => Promise.reject(new Error("OperationError")));
  for (const vector of vectors) assert.equal(await outcome(vector.input), expected(vector), vector.name);
});

test("a key that checked a signature does not verify another text", async () => {
  useNative(await nativeEquation());
  const { key, label, body, signature } = vectors.find(({ name }) => name === "signature-honest.json")!.input as Input;
  for (let round = 0; round < 2; round++) {
    await verifyAsync(key, label, utf8(body), signature);
    await assert.rejects(verifyAsync(key, label, utf8(`${body} `), signature), /does not verify/);
    assert.throws(() => verify(key, label, utf8(`${body} `), signature), /does not verify/);
  }
});
