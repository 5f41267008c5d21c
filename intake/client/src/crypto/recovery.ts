/**
 * The group's recovery key: split among the members, and combined by enough of them. docs/reference/format.md,
 * Recovery key.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { combine as combineShares, split as splitSecret } from "shamir-secret-sharing";
import * as age from "./age/age.js";
import { b64, type Bytes, has, join, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { keyHash, type SignedDeal } from "./recovery_key.js";
import { map, object, type Of, parse, text, whole } from "./shape.js";
import * as sheet from "./sheet.js";
import { type KeyOf, sign, verify } from "./signing.js";

const SHARE = 33; // bytes: a 32-byte seed and the share's coordinate

const shape = object({ format: text, group: text, deal: text, member: text, author: text, share: text });
export type Share = Of<typeof shape>;

export async function split(identity: age.Identity, parts: number, threshold: number): Promise<string[]> {
  return (await splitSecret(age.seedOf(identity), parts, threshold)).map((share) => b64(share));
}

/** Combine shares to the recovery key. Throws if they are too few, damaged, or of another deal. */
export async function combine(shares: string[], deal: string): Promise<age.Identity> {
  const parts = [...new Set(shares)].map((share) => unb64(share, SHARE));
  let seed: Uint8Array;
  try {
    seed = await combineShares(parts);
  } catch {
    throw new CryptoError("binding", "too few shares, or the same one twice");
  }
  const identity = await age.identityFromSeed(seed);
  if (age.recipientId(identity.recipient) !== deal)
    throw new CryptoError("binding", "too few shares, or one of another deal");
  return identity;
}

const dealShape = object({ format: text, group: text, recipient: text, value: whole, shares: map(text) });
/**
 * The dealer's statement about a recovery key: its recipient, its threshold, and a commitment to each member's share.
 */
export type Deal = Of<typeof dealShape>;

/** Return SHA-256 of a share, followed by the share's coordinate: 33 bytes, b64. */
export function commitment(share: string): string {
  const raw = unb64(share, SHARE);
  return b64(join(sha256(raw), raw.subarray(-1)));
}

/** Write the text of a deal, to be signed. */
export const newDeal = (
  group: string,
  recipient: string,
  value: number,
  shares: [member: string, share: string][],
): string =>
  JSON.stringify({
    format: Label.DEAL,
    group,
    recipient,
    value,
    shares: Object.fromEntries(shares.map(([member, share]) => [member, commitment(share)])),
  });

export const signDeal = (body: string, authorSeed: Uint8Array): string => sign(authorSeed, Label.DEAL, utf8(body));

/**
 * Read the deal of the recovery key that `key` names. Throws unless every signature verifies and no share is given
 * twice.
 */
export function readDeal(signed: SignedDeal, group: string, key: string, keyOf: KeyOf): Deal {
  const deal = parse(dealShape, signed.body);
  if (deal.format !== Label.DEAL || deal.group !== group || keyHash(age.checkRecipient(deal.recipient)) !== key) {
    throw new CryptoError("binding", "a deal of another group or key");
  }
  const coordinates = new Set(Object.values(deal.shares).map((committed) => unb64(committed, SHARE)[SHARE - 1]!));
  if (coordinates.size !== Object.keys(deal.shares).length || coordinates.has(0)) {
    throw new CryptoError("binding", "a deal that gives a share twice");
  }
  const signatures = Object.entries(signed.signatures);
  if (!signatures.length) throw new CryptoError("signature", "a deal without a signature");
  for (const [member, signature] of signatures) verify(keyOf(member), Label.DEAL, utf8(signed.body), signature);
  return deal;
}

/** Throw unless the deal commits to this share for this member. */
export function checkShare(deal: Deal, member: string, share: string): void {
  if (!has(deal.shares, member) || deal.shares[member] !== commitment(share)) {
    throw new CryptoError("binding", "another share than the deal commits to");
  }
}

/**
 * Combine the key from enough shares, and refuse a deal in which any member's share does not match.
 *
 * The missing shares are computed from those given, and compared with the deal's commitments. Shamir's scheme is
 * linear: after every coordinate x is moved to x + t, the value at t is at 0, where `combine` evaluates.
 */
export async function verifyShares(deal: Deal, shares: Map<string, string>): Promise<void> {
  for (const [member, share] of shares) checkShare(deal, member, share);
  const used = [...shares.values()].slice(0, deal.value);
  if (used.length < deal.value) throw new CryptoError("binding", "too few shares to test the key");
  await combine(used, age.recipientId(deal.recipient));
  const parts = used.map((share) => unb64(share, SHARE));
  for (const [member, committed] of Object.entries(deal.shares)) {
    checkShare(deal, member, await shareAt(parts, unb64(committed, SHARE)[SHARE - 1]!));
  }
}

async function shareAt(parts: Uint8Array[], coordinate: number): Promise<string> {
  const atCoordinate = parts.find((part) => part[SHARE - 1] === coordinate);
  if (atCoordinate) return b64(atCoordinate);
  const moved = parts.map((part) => Uint8Array.from(part, (byte, i) => (i === SHARE - 1 ? byte ^ coordinate : byte)));
  return b64(join(await combineShares(moved), Uint8Array.of(coordinate)));
}

export function sealShare(share: Omit<Share, "format">, to: string, authorSeed: Uint8Array): Promise<Bytes> {
  const body = utf8(JSON.stringify({ format: Label.SHARE, ...share }));
  return age.encrypt(sheet.write(body, sheet.Sizes.GRANT, Label.SHARE, { authorSeed }), [to]);
}

export async function openShare(
  file: Uint8Array,
  identities: age.Identity[],
  expected: { group: string; member: string; deal: string },
  keyOf: KeyOf,
): Promise<Share> {
  const parsedSheet = sheet.parse(await age.decrypt(file, identities), sheet.Sizes.GRANT);
  parsedSheet.checkMac(null);
  const share = parse(shape, parsedSheet.body);
  if (
    share.format !== Label.SHARE ||
    share.group !== expected.group ||
    share.member !== expected.member ||
    share.deal !== expected.deal
  ) {
    throw new CryptoError("binding", "a share for someone else, or of another deal");
  }
  await parsedSheet.checkSignature(Label.SHARE, keyOf(share.author));
  unb64(share.share, SHARE);
  return share;
}
