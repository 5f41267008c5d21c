/**
 * Passkeys: WebAuthn with PRF. docs/reference/format.md, Unlockers and keyring.
 *
 * The authenticator's PRF output opens the keyring. Its signature proves to the server that it was present.
 */
import { b64, newId, netstrings, unb64, utf8 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import { Label } from "../../crypto/labels.js";
import { anything, flag, object, text } from "../../crypto/shape.js";
import * as unlocker from "../../crypto/unlocker.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ask } from "../../net/api.js";
import type { Member } from "./member.js";
import { changeUnlockers, proofOf } from "./unlockers.js";

const begunShape = object({ token: text, options: anything });
type Begun = { token: string; options: Record<string, unknown> };
export interface PasskeyProof {
  token: string;
  credential: unknown;
}

/** Return whether this browser supports passkeys. The address must have a name, not digits such as 127.0.0.1. */
export const possible = (): boolean =>
  "PublicKeyCredential" in globalThis &&
  "parseRequestOptionsFromJSON" in PublicKeyCredential &&
  !/^[\d.]+$/.test(location.hostname);

const salt = (group: string): Uint8Array<ArrayBuffer> =>
  sha256(netstrings(utf8(Label.PASSKEY), unb64(group, 16))) as Uint8Array<ArrayBuffer>;
const prf = (group: string): Record<string, unknown> => ({ prf: { eval: { first: salt(group) } } });

/** Use one of the sign-in name's passkeys. Returns the proof for the server, and the unlocker from the PRF output. */
export async function usePasskey(
  group: string,
  handle: string,
): Promise<{ passkey: PasskeyProof; unlocker: unlocker.Unlocker }> {
  const begun = (await ask("POST", "/api/desk/passkeys/begin", begunShape, {
    handle_id: unlocker.handleId(group, handle),
  })) as Begun;
  const { credential, output } = await get(begun.options, group);
  return { passkey: { token: begun.token, credential }, unlocker: await unlocker.fromPasskey(output, group, handle) };
}

/** Make a passkey and add it as an unlocker. Needs the present passphrase. */
export async function add(me: Member, passphrase: string, onProgress: (done: number) => void): Promise<void> {
  const { group } = me.group.keys;
  const proof = await unlocker.fromPassphrase(passphrase, group, me.handle, onProgress);
  const begun = (await ask("POST", "/api/desk/passkeys/options", begunShape, {})) as Begun;
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options as never);
  options.extensions = { ...options.extensions, ...prf(group) };
  const made = (await navigator.credentials.create({ publicKey: options })) as PublicKeyCredential | null;
  if (!made) throw new CryptoError("age", "no passkey was made");
  const derived = await unlocker.fromPasskey(await outputOf(made, group), group, me.handle);
  const passkey = { token: begun.token, credential: forServer(made) };
  await changeUnlockers(me, proof, derived, newId(), () => [], { passkey });
}

/** Remove a passkey. */
export async function remove(
  me: Member,
  id: string,
  passphrase: string,
  onProgress: (done: number) => void,
): Promise<void> {
  const proof = await unlocker.fromPassphrase(passphrase, me.group.keys.group, me.handle, onProgress);
  await changeUnlockers(me, proof, null, "", () => [id]);
}

const strictShape = object({ strict: flag });
export const isStrict = async (): Promise<boolean> => (await ask("GET", "/api/desk/strict", strictShape)).strict;

/** Require a passkey together with the passphrase, or stop requiring one. Needs the present passphrase. */
export async function setStrict(
  me: Member,
  strict: boolean,
  passphrase: string,
  onProgress: (done: number) => void,
): Promise<void> {
  const proof = await unlocker.fromPassphrase(passphrase, me.group.keys.group, me.handle, onProgress);
  await ask("PUT", "/api/desk/strict", strictShape, { proof: proofOf(proof), strict });
}

/** Many authenticators evaluate the PRF only when they sign, so ask a second time. */
async function outputOf(made: PublicKeyCredential, group: string): Promise<Uint8Array> {
  const now = first(made);
  if (now) return now;
  const options = {
    challenge: b64(crypto.getRandomValues(new Uint8Array(32))),
    allowCredentials: [{ id: made.id, type: "public-key" }],
    userVerification: "required",
  };
  return (await get(options, group)).output;
}

async function get(
  options: Record<string, unknown>,
  group: string,
): Promise<{ credential: unknown; output: Uint8Array }> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as never);
  publicKey.extensions = { ...publicKey.extensions, ...prf(group) };
  const assertion = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  const output = assertion && first(assertion);
  if (!assertion || !output) throw new CryptoError("age", "an authenticator without PRF");
  return { credential: forServer(assertion), output };
}

/** Remove the PRF output, which opens the keyring. Browsers put it into the JSON of the answer. */
const forServer = (credential: PublicKeyCredential): unknown => ({
  ...credential.toJSON(),
  clientExtensionResults: {},
});

function first(credential: PublicKeyCredential): Uint8Array | null {
  const output = (credential.getClientExtensionResults() as { prf?: { results?: { first?: ArrayBuffer } } }).prf
    ?.results?.first;
  return output ? new Uint8Array(output) : null;
}
