/** Drafts: what a member has typed in a case and not sent. docs/reference/format.md, Draft. */
import * as age from "./age/age.js";
import { type Bytes, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { derive, Label } from "./labels.js";
import { map, object, type Of, parse, text, whole } from "./shape.js";
import * as sheet from "./sheet.js";
import { type Author, verifyingKey } from "./signing.js";

const shape = object({ format: text, case: text, member: text, after: whole, fields: map(text) });
export type Draft = Of<typeof shape>;

/** Return the key that opens a member's drafts. Its recipient is never published. */
const identity = (by: Author): Promise<age.Identity> => age.identityFromSeed(derive(by.seed, Label.DRAFT_IDENTITY));

/** Encrypt a draft for its own member, and sign it. */
export async function seal(id: string, after: number, fields: Record<string, string>, by: Author): Promise<Bytes> {
  const draft: Draft = { format: Label.DRAFT, case: id, member: by.member, after, fields };
  const plaintext = sheet.write(utf8(JSON.stringify(draft)), sheet.Sizes.ENTRY, Label.DRAFT, { authorSeed: by.seed });
  return age.encrypt(plaintext, [(await identity(by)).recipient]);
}

/** Open a member's own draft of this case. */
export async function open(file: Uint8Array, id: string, by: Author): Promise<Draft> {
  const parsedSheet = sheet.parse(await age.decrypt(file, [await identity(by)]), sheet.Sizes.ENTRY);
  parsedSheet.checkMac(null);
  await parsedSheet.checkSignature(Label.DRAFT, verifyingKey(by.seed));
  const draft = parse(shape, parsedSheet.body);
  if (draft.format !== Label.DRAFT || draft.case !== id || draft.member !== by.member)
    throw new CryptoError("binding", "a draft of another case or member");
  return draft;
}
