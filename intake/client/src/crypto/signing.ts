/** Ed25519 signatures, each under a label. docs/reference/format.md, Conventions and Ed25519. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, type Bytes, join, random, unb64, utf8 } from "./encoding.js";
import * as strict from "./ed25519.js";
import { within } from "./errors.js";
import type { Label } from "./labels.js";
import { object, type Of, text } from "./shape.js";

/** Returns a member's verifying key (b64). Throws for an id that was never a member's. */
export type KeyOf = (member: string) => string;

/**
 * Returns the key of a member who signed under a head, or before there were heads (null). Throws if they were not
 * active then.
 */
export type AuthorKey = (member: string, head: string | null) => string;

/** A signed text as it is sent: the exact text, and one signature (b64). */
export const signedShape = object({ body: text, signature: text });
export type Signed = Of<typeof signedShape>;

export interface Author {
  member: string;
  seed: Uint8Array;
}

/** A member who signs inside a case. `head` is that of the key list which they have verified. */
export interface CaseAuthor extends Author {
  head: string;
}

/** Return the head that something names: 32 bytes as b64, or null from before there were heads. */
export function signedUnder(head: string | undefined): string | null {
  if (head === undefined) return null;
  unb64(head, 32);
  return head;
}

export const newSigningSeed = (): Bytes => random(32);
export const verifyingKey = (seed: Uint8Array): string => b64(ed25519.getPublicKey(seed));
export const sign = (seed: Uint8Array, label: Label, body: Uint8Array): string =>
  b64(ed25519.sign(message(label, body), seed));

/** Sign the JSON of a value. Returns the text that was signed, with its signature. */
export function signJson(seed: Uint8Array, label: Label, value: object): Signed {
  const body = JSON.stringify(value);
  return { body, signature: sign(seed, label, utf8(body)) };
}

export const labelledHash = (label: Label, body: Uint8Array): Bytes => sha256(message(label, body)) as Bytes;
export const digest = (file: Uint8Array): string => b64(sha256(file));

export function verify(key: string, label: Label, body: Uint8Array, signature: string): void {
  const [public_, signatureBytes] = decoded(key, signature);
  strict.verify(signatureBytes, message(label, body), public_);
}

/** Like `verify`. In the list's worker, the browser's own Ed25519 does most of it. */
export async function verifyAsync(key: string, label: Label, body: Uint8Array, signature: string): Promise<void> {
  const [public_, signatureBytes] = decoded(key, signature);
  await strict.verifyAsync(signatureBytes, message(label, body), public_);
}

const decoded = (key: string, signature: string): [Bytes, Bytes] =>
  within("signature", () => [unb64(key, 32), unb64(signature, 64)]);

/** Throw unless a key (b64) may enter a list. */
export function checkKey(key: string): void {
  strict.key(within("signature", () => unb64(key, 32)));
}

function message(label: Label, body: Uint8Array): Bytes {
  return join(utf8(`DSSEv1 ${utf8(label).length} ${label} ${body.length} `), body);
}
