/** Receipts and receipt grants. docs/reference/format.md. */
import * as age from "./age/age.js";
import * as argon2id from "./argon2id.js";
import * as digits from "./digits.js";
import { type Bytes, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { derive, Label } from "./labels.js";
import { day, flag, object, type Of, parse, text } from "./shape.js";
import * as sheet from "./sheet.js";
import { digest } from "./signing.js";

const LENGTH = 24;

export interface Receipt {
  token: Bytes;
  lookup: string;
  identity: age.Identity;
}

const grantShape = object({
  format: text,
  case: text,
  recipient: text,
  mac: text,
  request: text,
  shown: flag,
  deletion: day,
});
export type ReceiptGrant = Of<typeof grantShape>;

export const generate = (): string => digits.generate(LENGTH);
export const normalise = (typed: string): string => digits.normalise(typed, LENGTH);

export async function stretch(code: string, group: string, onProgress?: (done: number) => void): Promise<Receipt> {
  const root = await argon2id.stretch(utf8(code), unb64(group, 16), argon2id.RECEIPT, onProgress);
  const token = derive(root, Label.RECEIPT_TOKEN);
  const identity = await age.identityFromSeed(derive(root, Label.RECEIPT_IDENTITY));
  return { token, lookup: digest(token), identity };
}

export function sealGrant(grant: Omit<ReceiptGrant, "format">, to: string): Promise<Bytes> {
  const body = utf8(JSON.stringify({ format: Label.RECEIPT_GRANT, ...grant }));
  return age.encrypt(sheet.write(body, sheet.Sizes.RECEIPT_GRANT, Label.RECEIPT_GRANT, {}), [to]);
}

export async function openGrant(file: Uint8Array, receipt: Receipt, caseId: string): Promise<ReceiptGrant> {
  const parsedSheet = sheet.parse(await age.decrypt(file, [receipt.identity]), sheet.Sizes.RECEIPT_GRANT);
  await parsedSheet.checkSignature(Label.RECEIPT_GRANT, null);
  parsedSheet.checkMac(null);
  const grant = parse(grantShape, parsedSheet.body);
  if (grant.format !== Label.RECEIPT_GRANT || grant.case !== caseId) {
    throw new CryptoError("binding", "a receipt grant of another case");
  }
  unb64(grant.mac, 32);
  age.checkRecipient(grant.recipient);
  return grant;
}
