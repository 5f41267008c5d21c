/** What this client raises on hostile or broken input; `layer` names what refused, never the content. */
export type Layer =
  | "encoding" | "age" | "size" | "signature" | "mac" | "binding" | "key list" | "statement" | "digits" | "handle";

export class CryptoError extends Error {
  constructor(readonly layer: Layer, message: string) {
    super(message);
  }
}
