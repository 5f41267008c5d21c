/** Unlockers, which open a keyring. docs/reference/format.md, Unlockers and keyring. */
import * as age from "./age/age.js";
import * as argon2id from "./argon2id.js";
import * as digits from "./digits.js";
import { b64, type Bytes, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { derive, Label } from "./labels.js";

const PAPER_LENGTH = 40;
const EDGES = new RegExp(`^[${digits.WHITE}]+|[${digits.WHITE}]+$`, "gu");

export interface Unlocker {
  kind: "passphrase" | "paper" | "passkey";
  identity: age.Identity;
  authentication: Bytes;
}

export function normaliseHandle(typed: string): string {
  const handle = typed.replace(EDGES, "").normalize("NFKC").toLowerCase().normalize("NFKC");
  const characters = [...handle];
  const fits = characters.every(
    (character) => /[\p{L}\p{M}._-]/u.test(character) || digits.decimal(character) !== null,
  );
  if (characters.length < 2 || characters.length > 32 || !fits) {
    throw new CryptoError("handle", "a handle has 2 to 32 letters, digits, dots, dashes or underscores");
  }
  return handle;
}

export const handleId = (group: string, handle: string): string =>
  b64(derive(unb64(group, 16), Label.HANDLE_ID, [utf8(handle)], 16));

export async function fromPassphrase(
  passphrase: string,
  group: string,
  handle: string,
  onProgress?: (done: number) => void,
): Promise<Unlocker> {
  const salt = derive(unb64(group, 16), Label.PASSPHRASE_SALT, [utf8(handle)], 16);
  const root = await argon2id.stretch(utf8(passphrase.normalize("NFC")), salt, argon2id.PASSPHRASE, onProgress);
  return unlocker("passphrase", root);
}

export function fromPaperCode(typed: string, group: string, handle: string): Promise<Unlocker> {
  const code = digits.normalise(typed, PAPER_LENGTH);
  return unlocker("paper", derive(utf8(code), Label.PAPER_CODE, [unb64(group, 16), utf8(handle)]));
}

/** The root is the authenticator's PRF output for the group. */
export const fromPasskey = (output: Uint8Array, group: string, handle: string): Promise<Unlocker> =>
  unlocker("passkey", derive(output, Label.PASSKEY, [unb64(group, 16), utf8(handle)]));

export const newPaperCode = (): string => digits.generate(PAPER_LENGTH);

async function unlocker(kind: Unlocker["kind"], root: Bytes): Promise<Unlocker> {
  return {
    kind,
    identity: await age.identityFromSeed(derive(root, Label.UNLOCK_IDENTITY)),
    authentication: derive(root, Label.UNLOCK_AUTHENTICATION),
  };
}
