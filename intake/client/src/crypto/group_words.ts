/** Group words: reply templates, tags and names of statuses. docs/reference/format.md, Group words. */
import { utf8 } from "./encoding.js";
import { STATUSES } from "./entry.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { day, list, map, object, type Of, oneOf, parse, text, whole } from "./shape.js";
import { type AuthorKey, signedUnder, type Signed, signJson, verify as verifyText } from "./signing.js";

export const COLOURS = ["grey", "red", "orange", "green", "blue", "purple"] as const;
export const MAX_BYTES = 65_536; // of a body

const shape = object({
  format: text,
  group: text,
  number: whole,
  author: text,
  day,
  head: text,
  templates: list(object({ id: text, title: text, texts: list(object({ language: text, text })) })),
  tags: list(object({ id: text, label: text, colour: oneOf(...COLOURS) })),
  statuses: map(text),
});
export type GroupWords = Of<typeof shape>;
export type Template = GroupWords["templates"][number];
export type Tag = GroupWords["tags"][number];

/** Sign group words as their author. Throws `CryptoError` if they are too long. */
export function sign(words: GroupWords, seed: Uint8Array): Signed {
  const signed = signJson(seed, Label.GROUP_WORDS, words);
  if (utf8(signed.body).length > MAX_BYTES) throw new CryptoError("size", "content that exceeds the largest size");
  return signed;
}

/** Read the words that the names file of this number contains. */
export function verify(signed: Signed, group: string, number: number, keyOf: AuthorKey): GroupWords {
  const words = parse(shape, signed.body);
  if (words.format !== Label.GROUP_WORDS || words.group !== group)
    throw new CryptoError("binding", "the words of another group");
  if (words.number > number) throw new CryptoError("binding", "words with a number above that of their file");
  const head = signedUnder(words.head);
  oneOfEach(Object.keys(words.statuses));
  verifyText(keyOf(words.author, head), Label.GROUP_WORDS, utf8(signed.body), signed.signature);
  return words;
}

const oneOfEach = list(oneOf(...STATUSES));
