/** Epoch statements and candidates. docs/reference/format.md, Statement and Candidate. */
import * as age from "./age/age.js";
import * as digits from "./digits.js";
import { b64, daysBetween, unb64, utf8 } from "./encoding.js";
import { CryptoError, within } from "./errors.js";
import type { KeyList } from "./keylist/keylist.js";
import { Label } from "./labels.js";
import type { Reason } from "./reasons.js";
import { day, list, object, type Of, parse, text } from "./shape.js";
import { labelledHash, type Signed, signJson, verify as verifyText } from "./signing.js";
import { namesStatement, type Snapshot } from "./snapshot.js";

export const GRACE_DAYS = 30; // by which a statement outlives its epoch
const MAX_VALID_DAYS = 120;
const MAX_TAGS = 16;
const MAX_TAG = 40; // characters

export { signedShape, type Signed } from "./signing.js";
const bodyShape = object({
  format: text,
  group: text,
  member: text,
  recipient: text,
  head: text,
  from: day,
  until: day,
  tags: list(text),
});
const candidateShape = object({ format: text, group: text, member: text, key: text });
export type Body = Of<typeof bodyShape>;
export type Candidate = Of<typeof candidateShape>;

export interface Statement {
  member: string;
  recipient: string;
  epoch: string;
  from: string;
  until: string;
  tags: string[];
}

export function sign(body: Omit<Body, "format">, seed: Uint8Array): Signed {
  return signJson(seed, Label.STATEMENT, { format: Label.STATEMENT, ...body });
}

/** Return the hash by which a snapshot names a statement. */
export const hashOf = (signed: Signed): string => b64(labelledHash(Label.STATEMENT, utf8(signed.body)));

/** Verify that a client may encrypt to a statement today: it is valid, and the snapshot names it. */
export function verify(signed: Signed, keys: KeyList, on: string, snapshot: Snapshot): Statement {
  const statement = check(signed, keys, on);
  if (!namesStatement(snapshot, statement.member, signed)) refuse("a statement that the snapshot does not name");
  return statement;
}

/** Check a statement without a snapshot, as makers of snapshots do. */
export function check(signed: Signed, keys: KeyList, on: string): Statement {
  const body = within("statement", () => readBody(signed, keys));
  if (body.format !== Label.STATEMENT || body.group !== keys.group) refuse("a statement of another format or group");
  if (on < body.from || on > body.until) refuse("a statement outside its days");
  if (daysBetween(body.from, body.until) > MAX_VALID_DAYS) refuse("a statement that is too long");
  if (body.tags.length > MAX_TAGS || body.tags.some((tag) => !tag || [...tag].length > MAX_TAG)) {
    refuse("a statement with too many or too long tags");
  }
  if (!keys.hashes.includes(body.head)) refuse("a statement for another key list");
  return {
    member: body.member,
    recipient: body.recipient,
    epoch: age.recipientId(body.recipient),
    from: body.from,
    until: body.until,
    tags: [...new Set(body.tags)].sort(),
  };
}

function readBody(signed: Signed, keys: KeyList): Body {
  const body = parse(bodyShape, signed.body);
  age.checkRecipient(body.recipient);
  const key = keys.members.get(body.member) ?? refuse("a statement by someone who is not a member");
  verifyText(key, Label.STATEMENT, utf8(signed.body), signed.signature);
  return body;
}

export function signCandidate(candidate: Omit<Candidate, "format">, seed: Uint8Array): Signed {
  return signJson(seed, Label.CANDIDATE, { format: Label.CANDIDATE, ...candidate });
}

/** Verify a candidate. Returns it with the 40 digits to compare. */
export function verifyCandidate(signed: Signed, group: string): { candidate: Candidate; fingerprint: string } {
  const candidate = within("signature", () => {
    const read = parse(candidateShape, signed.body);
    unb64(read.member, 16);
    return read;
  });
  verifyText(candidate.key, Label.CANDIDATE, utf8(signed.body), signed.signature);
  if (candidate.format !== Label.CANDIDATE || candidate.group !== group) {
    throw new CryptoError("signature", "a candidate of another format or group");
  }
  return { candidate, fingerprint: digits.fromHash(labelledHash(Label.CANDIDATE, utf8(signed.body))) };
}

function refuse(reason: Reason): never {
  throw new CryptoError("statement", reason);
}
