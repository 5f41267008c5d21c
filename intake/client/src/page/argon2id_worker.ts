/**
 * A worker that computes Argon2id once. Its own content security policy lets it compile WebAssembly and forbids every
 * connection. Without WebAssembly it computes in JavaScript.
 */
import { type Cost, portable } from "../crypto/argon2id.js";
import { compiled } from "../crypto/argon2id_wasm.js";
import type { Bytes } from "../crypto/encoding.js";

export interface Task {
  password: Uint8Array;
  salt: Uint8Array;
  cost: Cost;
}
export type Answer = { done: number } | { hash: Bytes };

const scope = self as unknown as {
  onmessage: (event: { data: Task }) => void;
  postMessage: (answer: Answer) => void;
};

scope.onmessage = ({ data }): void => void compute(data).then((hash) => scope.postMessage({ hash }), fail);

async function compute({ password, salt, cost }: Task): Promise<Bytes> {
  try {
    return await compiled(password, salt, cost);
  } catch {
    return portable(password, salt, cost, (done) => scope.postMessage({ done }));
  }
}

/** Rejections do not reach the page by themselves. */
function fail(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
