/** Start this site's workers. Trusted Types refuse every other script address. */
import { find } from "./dom.js";

const ADDRESS = /^\/s\/(worker|argon2id)\.[0-9a-f]{16}\.js$/;
interface Policy {
  createScriptURL: (url: string) => unknown;
}
let policy: Policy | undefined;

/** Return the address that the page's element of this id names. */
export const workerAddress = (id: string): string => JSON.parse(find(id).textContent) as string;

export const startWorker = (address: string): Worker => new Worker(trusted(address), { type: "module" });

function trusted(address: string): string {
  const types = (globalThis as { trustedTypes?: { createPolicy: (name: string, rules: object) => Policy } })
    .trustedTypes;
  policy ??= types?.createPolicy("workers", {
    createScriptURL: (url: string) => (ADDRESS.test(url) ? url : ""),
  });
  return (policy ? policy.createScriptURL(address) : address) as string;
}
