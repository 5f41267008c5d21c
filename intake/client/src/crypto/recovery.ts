/** The group's recovery key: split among the members, put together by enough of them. docs/format.md, Recovery key. */
import { combine as combineShares, split as splitSecret } from "shamir-secret-sharing";
import * as age from "./age.js";
import { type Bytes, unb64, utf8, b64 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { object, type Of, parse, text } from "./shape.js";
import * as sheet from "./sheet.js";
import type { KeyOf } from "./signing.js";

const SHARE = 33; // bytes: of a 32-byte seed, and the share's own coordinate

const shape = object({ format: text, group: text, deal: text, member: text, author: text, share: text });
export type Share = Of<typeof shape>;

export async function split(identity: age.Identity, parts: number, threshold: number): Promise<string[]> {
  return (await splitSecret(age.seedOf(identity), parts, threshold)).map((share) => b64(share));
}

/** The recovery key. Throws where shares are too few, damaged, or of another deal. */
export async function combine(shares: string[], deal: string): Promise<age.Identity> {
  const parts = [...new Set(shares)].map((share) => unb64(share, SHARE));
  let seed: Uint8Array;
  try {
    seed = await combineShares(parts);
  } catch {
    throw new CryptoError("binding", "too few shares, or the same one twice");
  }
  const identity = await age.identityFromSeed(seed);
  if (age.recipientId(identity.recipient) !== deal) throw new CryptoError("binding", "too few shares, or one of another deal");
  return identity;
}

export function sealShare(share: Omit<Share, "format">, to: string, authorSeed: Uint8Array): Promise<Bytes> {
  const body = utf8(JSON.stringify({ format: Label.SHARE, ...share }));
  return age.encrypt(sheet.write(body, sheet.Sizes.GRANT, Label.SHARE, { authorSeed }), [to]);
}

export async function openShare(
  file: Uint8Array, identities: age.Identity[], expected: { group: string; member: string; deal: string }, keyOf: KeyOf,
): Promise<Share> {
  const page = sheet.parse(await age.decrypt(file, identities), sheet.Sizes.GRANT);
  page.checkMac(null);
  const share = parse(shape, page.body);
  if (share.format !== Label.SHARE || share.group !== expected.group || share.member !== expected.member || share.deal !== expected.deal) {
    throw new CryptoError("binding", "a share for someone else, or of another deal");
  }
  page.checkSignature(Label.SHARE, keyOf(share.author));
  unb64(share.share, SHARE);
  return share;
}
