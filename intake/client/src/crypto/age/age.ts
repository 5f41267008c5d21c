/**
 * age v1 files to post-quantum hybrid recipients. docs/reference/format.md, Age files. Only this folder touches the
 * age library.
 */
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import { bech32 } from "@scure/base";
import { sha256 } from "@noble/hashes/sha2.js";
import * as header from "./header.js";
import { b64, type Bytes, ID_BYTES } from "../encoding.js";
import { CryptoError } from "../errors.js";
import * as kem from "./kem.js";
import type { Reason } from "../reasons.js";

const MAX_FILE = 2 * 1024 * 1024; // bytes
export const MAX_RECIPIENTS = 255; // the names of the largest group are one file to all its members
const RECIPIENT_BYTES = 1216;

/** An identity as a string, with its recipient computed once. */
export interface Identity {
  secret: string;
  recipient: string;
  /** Opens files with the browser's own ML-KEM. */
  native?: Opener | null;
}
type Opener = { unwrapFileKey: (stanzas: { args: string[]; body: Uint8Array }[]) => Promise<Uint8Array | null> };

let makeNative: (seed: Uint8Array) => Promise<Opener | null> = () => Promise.resolve(null);
/** Make `opener` use the browser's own ML-KEM from now on. */
export const useNative = (make: typeof makeNative): void => {
  makeNative = make;
};

/** Make an identity that can only open. Its recipient would cost a key generation, and is not computed. */
export const opener = async (seed: Uint8Array): Promise<Identity> => ({
  secret: secretOf(seed),
  recipient: "",
  native: await makeNative(seed),
});

const secretOf = (seed: Uint8Array): string =>
  bech32.encode("age-secret-key-pq-", bech32.toWords(seed), false).toUpperCase();

export async function identityFromSeed(seed: Uint8Array): Promise<Identity> {
  const secret = secretOf(seed);
  return { secret, recipient: await identityToRecipient(secret) };
}

export async function newIdentity(): Promise<Identity> {
  const secret = await generateHybridIdentity();
  return { secret, recipient: await identityToRecipient(secret) };
}

export function seedOf(identity: Identity): Bytes {
  return decode(identity.secret.toLowerCase(), "age-secret-key-pq-", 32);
}

/** Return the first 16 bytes of SHA-256 of the raw recipient, as b64. */
export function recipientId(recipient: string): string {
  return b64(sha256(decode(recipient, "age1pq", RECIPIENT_BYTES)).subarray(0, ID_BYTES));
}

/** Throw unless `text` is a valid hybrid recipient. */
export function checkRecipient(text: string): string {
  kem.check(decode(text, "age1pq", RECIPIENT_BYTES));
  return text;
}

export async function encrypt(plaintext: Uint8Array, recipients: string[]): Promise<Bytes> {
  if (recipients.length < 1 || recipients.length > MAX_RECIPIENTS) throw new Error("too many recipients, or none");
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(checkRecipient(recipient));
  return (await encrypter.encrypt(plaintext)) as Bytes;
}

export async function decrypt(file: Uint8Array, identities: Identity[]): Promise<Bytes> {
  if (file.length > MAX_FILE) throw new CryptoError("size", "a file over the ceiling");
  header.check(file);
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity.native ?? identity.secret);
  try {
    return (await decrypter.decrypt(file)) as Bytes;
  } catch (error) {
    throw new CryptoError("age", reasonOf(error));
  }
}

/**
 * Return why the library refused a file whose header is well-formed. It distinguishes reasons by text alone; vectors
 * hold each.
 */
function reasonOf(error: unknown): Reason {
  switch (error instanceof Error ? error.message : "") {
    case "no identity matched any of the file's recipients":
      return "none of the identities opens this file";
    case "invalid header HMAC":
      return "the header's MAC does not verify";
    case "final chunk is empty":
      return "an empty last chunk";
    default:
      return "a chunk that does not verify";
  }
}

function decode(text: string, prefix: string, length: number): Bytes {
  try {
    const decoded = bech32.decode(text as `${string}1${string}`, false);
    const bytes = bech32.fromWords(decoded.words);
    if (decoded.prefix === prefix && bytes.length === length && text === text.toLowerCase()) return bytes as Bytes;
  } catch {
    // refused below
  }
  throw new CryptoError("encoding", "not a key of this kind");
}
