/** Grants: the keys of a case, encrypted to one coordinator's epoch key. docs/reference/format.md, Grant. */
import * as age from "./age/age.js";
import { b64, type Bytes, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { list, object, parse, text, withOptional } from "./shape.js";
import * as sheet from "./sheet.js";
import { type AuthorKey, type CaseAuthor, signedUnder } from "./signing.js";

export interface Address {
  case: string;
  grantee: string;
  epoch: string;
}

/** The seeds of all case keys and desk keys, oldest first. */
export interface CaseKeys {
  caseKeys: Bytes[];
  deskKeys: Bytes[];
}

/** An opened grant, and the member who gave it. The author is empty for the requester. */
export interface Granted {
  keys: CaseKeys;
  author: string;
}

const shape = withOptional(
  object({
    format: text,
    case: text,
    grantee: text,
    epoch: text,
    author: text,
    case_keys: list(text),
    desk_keys: list(text),
  }),
  "head",
  text,
);

export function seal(address: Address, keys: CaseKeys, to: string, author?: CaseAuthor): Promise<Bytes> {
  if (age.recipientId(to) !== address.epoch || (keys.deskKeys.length > 0 && !author)) {
    throw new Error("not this grantee's key, or desk keys that nobody signs");
  }
  const body = utf8(
    JSON.stringify({
      format: Label.GRANT,
      case: address.case,
      grantee: address.grantee,
      epoch: address.epoch,
      author: author?.member ?? "",
      case_keys: keys.caseKeys.map(b64),
      desk_keys: keys.deskKeys.map(b64),
      ...(author ? { head: author.head } : {}),
    }),
  );
  return age.encrypt(sheet.write(body, sheet.Sizes.GRANT, Label.GRANT, { authorSeed: author?.seed }), [to]);
}

export async function open(
  file: Uint8Array,
  address: Address,
  epochKeys: age.Identity[],
  keyOf: AuthorKey,
): Promise<Granted> {
  const parsedSheet = sheet.parse(await age.decrypt(file, epochKeys), sheet.Sizes.GRANT);
  parsedSheet.checkMac(null);
  const body = parse(shape, parsedSheet.body);
  if (
    body.format !== Label.GRANT ||
    body.case !== address.case ||
    body.grantee !== address.grantee ||
    body.epoch !== address.epoch
  ) {
    throw new CryptoError("binding", "a grant of another case, member or epoch");
  }
  const head = signedUnder(body.head);
  await parsedSheet.checkSignature(Label.GRANT, body.author ? keyOf(body.author, head) : null);
  if (!body.author && head !== null) throw new CryptoError("binding", "a head without a member's signature");
  if (body.case_keys.length === 0) throw new CryptoError("binding", "a grant without a case key");
  if (!body.author && (body.case_keys.length !== 1 || body.desk_keys.length > 0)) {
    throw new CryptoError("binding", "a grant with keys that its author cannot give");
  }
  const seeds = (keys: string[]): Bytes[] => keys.map((key) => unb64(key, 32));
  return { keys: { caseKeys: seeds(body.case_keys), deskKeys: seeds(body.desk_keys) }, author: body.author };
}
