/** All domain-separation labels, and the key derivation. docs/reference/format.md, Conventions. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, netstrings, utf8 } from "./encoding.js";

export const Label = {
  ENTRY: "sealed-intake/1/entry",
  SHARED_MAC: "sealed-intake/1/shared mac",
  DESK_MAC: "sealed-intake/1/desk mac",
  GRANT: "sealed-intake/1/grant",
  RECEIPT_TOKEN: "sealed-intake/1/receipt token",
  RECEIPT_IDENTITY: "sealed-intake/1/receipt identity",
  RECEIPT_GRANT: "sealed-intake/1/receipt grant",
  KEY_LIST: "sealed-intake/1/key list",
  SNAPSHOT: "sealed-intake/1/snapshot",
  STATEMENT: "sealed-intake/1/statement",
  CANDIDATE: "sealed-intake/1/candidate",
  NAMES: "sealed-intake/1/names",
  GROUP_WORDS: "sealed-intake/1/group words",
  HANDLE_ID: "sealed-intake/1/handle id",
  PASSPHRASE_SALT: "sealed-intake/1/passphrase salt",
  PAPER_CODE: "sealed-intake/1/paper code",
  UNLOCK_IDENTITY: "sealed-intake/1/unlock identity",
  UNLOCK_AUTHENTICATION: "sealed-intake/1/unlock authentication",
  PASSKEY: "sealed-intake/1/passkey",
  KEYRING: "sealed-intake/1/keyring",
  SHARE: "sealed-intake/1/share",
  DEAL: "sealed-intake/1/deal",
  LOG: "sealed-intake/1/log",
  DRAFT: "sealed-intake/1/draft",
  DRAFT_IDENTITY: "sealed-intake/1/draft identity",
  DESK_ADDRESS: "sealed-intake/1/desk address",
  HOLD: "sealed-intake/1/hold",
  ON_BEHALF: "sealed-intake/1/on behalf",
  WORK: "sealed-intake/1/work",
} as const;
export type Label = (typeof Label)[keyof typeof Label];

export function derive(secret: Uint8Array, label: Label, context: Uint8Array[] = [], length = 32): Bytes {
  return hkdf(sha256, secret, undefined, netstrings(utf8(label), ...context), length) as Bytes;
}
