/** Keyrings and the names file. docs/reference/format.md, Unlockers and keyring. */
import * as age from "./age/age.js";
import { type Bytes, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import type { Authors } from "./keylist/keylist.js";
import { Label } from "./labels.js";
import { list, map, object, type Of, parse, text, whole, withOptional } from "./shape.js";
import { positionOf, type SnapshotPoint } from "./case/sequence.js";
import * as sheet from "./sheet.js";
import { type Author, type AuthorKey, signedShape, signedUnder } from "./signing.js";

/**
 * The newest snapshot that this member has seen: its version, and by member the latest first day of a named
 * statement.
 */
const seenShape = object({ version: whole, starts: map(text) });
export type Seen = Of<typeof seenShape>;
export const NOTHING_SEEN: Seen = { version: 0, starts: {} };

/** A case that this member held at the last sign-in: the digest of its request and its day of deletion. */
export const heldShape = object({ case: text, request: text, until: text });
export type HeldCase = Of<typeof heldShape>;

/** By case id, the highest number of the shared entries that this member has seen. */
export type ReadPositions = Record<string, number>;

const shape = withOptional(
  withOptional(
    withOptional(
      withOptional(
        object({
          format: text,
          group: text,
          member: text,
          number: whole,
          handle: text,
          signing: text,
          epochs: list(object({ id: text, seed: text, from: text, until: text })),
          head: object({ number: whole, hash: text }),
          unlockers: list(object({ id: text, kind: text, recipient: text })),
          shares: list(object({ deal: text, share: text })),
          views: list(object({ name: text, filter: map(text) })),
        }),
        "snapshot",
        seenShape,
      ),
      "held",
      list(heldShape),
    ),
    "read",
    map(whole),
  ),
  "steps",
  list(text),
);
export type Keyring = Of<typeof shape>;

/** `words` is missing in a group without group words. Writers repeat it as it is. */
export const namesShape = withOptional(
  withOptional(
    object({ format: text, group: text, number: whole, author: text, members: map(text) }),
    "words",
    list(signedShape),
  ),
  "head",
  text,
);
export type Names = Of<typeof namesShape>;

export function seal(keyring: Keyring): Promise<Bytes> {
  const plaintext = sheet.write(utf8(JSON.stringify(keyring)), sheet.Sizes.KEYRING, Label.KEYRING, {});
  return age.encrypt(
    plaintext,
    keyring.unlockers.map((unlocker) => unlocker.recipient),
  );
}

export async function open(
  file: Uint8Array,
  identity: age.Identity,
  group: string,
  member: string,
  handle: string,
): Promise<Keyring> {
  const parsedSheet = sheet.parse(await age.decrypt(file, [identity]), sheet.Sizes.KEYRING);
  await parsedSheet.checkSignature(Label.KEYRING, null);
  parsedSheet.checkMac(null);
  const keyring = parse(shape, parsedSheet.body);
  if (
    keyring.format !== Label.KEYRING ||
    keyring.group !== group ||
    keyring.member !== member ||
    keyring.handle !== handle
  ) {
    throw new CryptoError("binding", "a keyring of someone else");
  }
  return keyring;
}

export const author = (keyring: Keyring): Author => ({ member: keyring.member, seed: unb64(keyring.signing, 32) });

export function identities(keyring: Keyring): Promise<age.Identity[]> {
  return Promise.all(keyring.epochs.map((epoch) => age.identityFromSeed(unb64(epoch.seed, 32))));
}

export function sealNames(names: Names, recipients: string[], by: Author): Promise<Bytes> {
  return age.encrypt(
    sheet.write(utf8(JSON.stringify(names)), sheet.Sizes.KEYRING, Label.NAMES, { authorSeed: by.seed }),
    recipients,
  );
}

/**
 * Check a names file, with its digest, against the newest snapshot.
 *
 * - It is not older, and not another file of the same number.
 * - A newer file is not signed under an older head, and not by a former member.
 */
export function checkRollback(names: Names, fileDigest: string, keys: Authors, snapshot: SnapshotPoint): void {
  if (names.number < snapshot.names) throw new CryptoError("names", "names older than the newest snapshot's");
  if (names.number === snapshot.names) {
    if (snapshot.names_digest !== undefined && fileDigest !== snapshot.names_digest) {
      throw new CryptoError("names", "other names than the newest snapshot's");
    }
    return;
  }
  if (positionOf(keys, signedUnder(names.head)) < snapshot.number) {
    throw new CryptoError("names", "names newer than a snapshot, with a head older than the snapshot's");
  }
  if (!keys.members.has(names.author))
    throw new CryptoError("names", "names newer than a snapshot, by a former member");
}

export async function openNames(
  file: Uint8Array,
  keys: age.Identity[],
  group: string,
  keyOf: AuthorKey,
): Promise<Names> {
  const parsedSheet = sheet.parse(await age.decrypt(file, keys), sheet.Sizes.KEYRING);
  parsedSheet.checkMac(null);
  const names = parse(namesShape, parsedSheet.body);
  if (names.format !== Label.NAMES || names.group !== group)
    throw new CryptoError("binding", "the names of another group");
  await parsedSheet.checkSignature(Label.NAMES, keyOf(names.author, signedUnder(names.head)));
  return names;
}
