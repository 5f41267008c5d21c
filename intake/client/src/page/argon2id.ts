/**
 * Compute Argon2id in a worker of its own: the page stays responsive, and the memory is freed with the worker.
 *
 * A browser that cannot start the worker computes in the page. docs/adr/0033.
 */
import * as argon2id from "../crypto/argon2id.js";
import type { Bytes } from "../crypto/encoding.js";
import type { Answer, Task } from "./argon2id_worker.js";
import { startWorker, workerAddress } from "./workers.js";

/** Compute in workers from now on. */
export function useWorker(): void {
  const address = workerAddress("argon2id");
  // Fetch it while the person types, so that it starts at once even if the connection drops later.
  document.addEventListener("input", () => void fetch(address).catch(() => undefined), { once: true });
  argon2id.useEngine(async (password, salt, cost, onProgress) => {
    const hash = await inWorker(address, { password, salt, cost }, onProgress);
    return hash ?? argon2id.portable(password, salt, cost, onProgress);
  });
}

/** Return null if the worker does not start or fails. */
async function inWorker(address: string, task: Task, onProgress?: (done: number) => void): Promise<Bytes | null> {
  let worker: Worker | null = null;
  try {
    const started = startWorker(address);
    worker = started;
    return await new Promise((resolve) => {
      started.onerror = (): void => resolve(null);
      started.onmessageerror = (): void => resolve(null);
      started.onmessage = ({ data }: { data: Answer }): void => {
        if ("hash" in data) resolve(data.hash);
        else onProgress?.(data.done);
      };
      started.postMessage(task);
    });
  } catch {
    return null; // the browser forbids workers
  } finally {
    worker?.terminate();
  }
}
