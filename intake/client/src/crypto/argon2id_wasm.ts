/** Argon2id in WebAssembly: about eight times as fast as in JavaScript. docs/adr/0033. */
import { argon2id } from "hash-wasm";
import { type Engine, SIZE } from "./argon2id.js";
import type { Bytes } from "./encoding.js";

/** Compute without pauses. Rejects where the browser has no WebAssembly, or its policy forbids it. */
export const compiled: Engine = async (password, salt, { m, t, p }) =>
  (await argon2id({
    password,
    salt,
    memorySize: m,
    iterations: t,
    parallelism: p,
    hashLength: SIZE,
    outputType: "binary",
  })) as Bytes;
