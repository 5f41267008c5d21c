/** Errors for hostile or broken input: the layer that refused, and the rule. They never contain the input. */
import type { LocalReason, Reason } from "./reasons.js";

export type Layer =
  | "encoding"
  | "age"
  | "size"
  | "signature"
  | "mac"
  | "binding"
  | "names"
  | "key list"
  | "statement"
  | "snapshot"
  | "stale snapshot"
  | "digits"
  | "handle";

export class CryptoError extends Error {
  constructor(
    readonly layer: Layer,
    readonly reason: Reason | LocalReason,
  ) {
    super(reason);
  }
}

/** Run a check, and attribute its refusals to another layer. */
export function within<T>(layer: Layer, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof CryptoError) throw new CryptoError(layer, error.reason);
    throw error;
  }
}
