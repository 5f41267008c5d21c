/** Entries of the key list: their one written form, their signatures and hashes. docs/reference/format.md, Key list. */
import { b64, unb64, utf8 } from "../encoding.js";
import { CryptoError, within } from "../errors.js";
import { Label } from "../labels.js";
import { type Reason } from "../reasons.js";
import { type Of, day, map, object, oneOf, parse, text, whole, withOptional } from "../shape.js";
import {
  type Author,
  type Signed,
  labelledHash,
  sign as signText,
  signedShape as signedText,
  verify as verifyText,
  verifyingKey,
} from "../signing.js";

const bodyShape = object({
  format: text,
  group: text,
  number: whole,
  previous: text,
  day,
  kind: oneOf(
    "found",
    "enrol",
    "remove",
    "stop",
    "agree",
    "enact",
    "quorum",
    "retention",
    "epoch",
    "freshness",
    "recovery",
    "recover",
  ),
  member: text,
  key: text,
  value: whole,
});

export type Body = Of<typeof bodyShape>;

/** `evidence` is the snapshot of an `enact` entry. Other entries have none. */
export const signedShape = withOptional(object({ body: text, signatures: map(text) }), "evidence", signedText);

export type SignedEntry = Of<typeof signedShape>;

export const bodyOf = (entry: SignedEntry): Body => read(entry);

export function sign(body: Body, signers: Author[], evidence?: Signed): SignedEntry {
  const written = JSON.stringify(body);
  return {
    body: written,
    signatures: Object.fromEntries(
      signers.map(({ member, seed }) => [member, signText(seed, Label.KEY_LIST, utf8(written))]),
    ),
    ...(evidence ? { evidence } : {}),
  };
}

export function foundGroup(group: string, author: Author, on: string, quorum = 2): SignedEntry {
  return sign(
    {
      format: Label.KEY_LIST,
      group,
      number: 0,
      previous: "",
      day: on,
      kind: "found",
      member: author.member,
      key: verifyingKey(author.seed),
      value: quorum,
    },
    [author],
  );
}

export function refuse(reason: Reason): never {
  throw new CryptoError("key list", reason);
}

export function read(entry: SignedEntry): Body {
  const body = within("key list", () => {
    const parsed = parse(bodyShape, entry.body);
    unb64(parsed.group, 16);
    if (parsed.member) unb64(parsed.member, 16);
    if (parsed.key) unb64(parsed.key, 32);
    return parsed;
  });
  // Only one written form: the list only grows, so it must never contain what JSON readers could read differently.
  if (JSON.stringify(body) !== entry.body) refuse("an entry that is not in the canonical form");
  if (body.format !== Label.KEY_LIST) refuse("an entry of another format");
  if (entry.evidence && body.kind !== "enact") refuse("evidence in an entry that is not an enact");
  return body;
}

export const hash = (entry: SignedEntry): string => b64(hashOf(entry));

export const hashOf = (entry: SignedEntry): Uint8Array => labelledHash(Label.KEY_LIST, utf8(entry.body));

export function check(key: string, entry: SignedEntry, member: string): void {
  within("key list", () => verifyText(key, Label.KEY_LIST, utf8(entry.body), entry.signatures[member] ?? ""));
}
