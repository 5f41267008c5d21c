/** Entries: messages, notes and other records of a case. docs/reference/format.md, Entry. */
import * as age from "./age/age.js";
import { request, summary } from "./content.js";
import { type Bytes, fromUtf8, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { checkFollowUp, followUpShape } from "./follow_up.js";
import { derive, Label } from "./labels.js";
import { anything, type Check, day, list, object, type Of, oneOf, parse, text, whole, withOptional } from "./shape.js";
import * as sheet from "./sheet.js";
import { type AuthorKey, type CaseAuthor, digest, signedUnder } from "./signing.js";

export type Sequence = "shared" | "desk";
export const STATUSES = [
  "new",
  "call-back",
  "in-progress",
  "ongoing",
  "done",
  "sent-elsewhere",
  "cannot-help",
  "duplicate",
] as const;
export type StatusName = (typeof STATUSES)[number];

const words = object({ text });
const progress = object({ stage: oneOf("read", "in-progress", "closed") });
const held = object({ text, until: day });
const keys = object({ number: whole, recipient: text, mac: text });
/**
 * Every desk entry has these members, so that the newest entry alone shows the case in a list. `follow_up` and `tags` are
 * missing in an entry of a case without them.
 */
const statusFields = { status: oneOf(...STATUSES), summary };
const ofDesk = <T extends object>(
  content: Check<T>,
): Check<T & { follow_up?: Of<typeof followUpShape> } & { tags?: string[] }> =>
  withOptional(withOptional(content, "follow_up", followUpShape), "tags", list(text));
const status = ofDesk(object(statusFields));
const note = ofDesk(object({ ...statusFields, text }));
const match = ofDesk(object({ ...statusFields, other: text }));

const CONTENT = {
  request,
  message: words,
  correction: words,
  keys,
  hold: held,
  progress,
  note,
  status,
  draft: note,
  match,
  "follow-up": status,
} as const;
export const SEQUENCE_OF: Record<Kind, Sequence> = {
  request: "shared",
  message: "shared",
  correction: "shared",
  keys: "shared",
  hold: "shared",
  progress: "shared",
  note: "desk",
  status: "desk",
  draft: "desk",
  match: "desk",
  "follow-up": "desk",
};
export type Kind = keyof typeof CONTENT;
export type ContentOf<K extends Kind> = Of<(typeof CONTENT)[K]>;
export type Request = ContentOf<"request">;
export type Summary = Of<typeof summary>;

export interface Position {
  case: string;
  sequence: Sequence;
  number: number;
}

export type Entry = {
  [K in Kind]: {
    position: Position;
    kind: K;
    key: number;
    previous: string;
    author: string;
    day: string;
    head: string | null;
    content: ContentOf<K>;
    digest: string;
  };
}[Kind];

const envelopeShape = withOptional(
  object({
    format: text,
    case: text,
    sequence: oneOf("shared", "desk"),
    number: whole,
    kind: oneOf(...(Object.keys(CONTENT) as Kind[])),
    key: whole,
    previous: text,
    author: text,
    day,
    content: anything,
  }),
  "head",
  text,
);

export const sharedMacKey = (caseSeed: Uint8Array, caseId: string): Bytes =>
  derive(caseSeed, Label.SHARED_MAC, [utf8(caseId)]);
export const deskMacKey = (deskSeed: Uint8Array, caseId: string): Bytes =>
  derive(deskSeed, Label.DESK_MAC, [utf8(caseId)]);

export interface Sealing<K extends Kind> {
  position: Position;
  kind: K;
  content: ContentOf<K>;
  day: string;
  previous: string;
  recipients: string[];
  macKey: Uint8Array;
  key?: number;
  author?: CaseAuthor;
}

export function seal<K extends Kind>(parts: Sealing<K>): Promise<Bytes> {
  const { position, kind, content, author } = parts;
  const body = utf8(
    JSON.stringify(
      {
        format: Label.ENTRY,
        case: position.case,
        sequence: position.sequence,
        number: position.number,
        kind,
        key: parts.key ?? 0,
        previous: parts.previous,
        author: author?.member ?? "",
        day: parts.day,
        content,
        ...(author ? { head: author.head } : {}),
      },
      wellFormed,
    ),
  );
  const plaintext = sheet.write(body, sizesOf(position), Label.ENTRY, {
    authorSeed: author?.seed,
    macKey: parts.macKey,
  });
  return age.encrypt(plaintext, parts.recipients);
}

export async function open(
  file: Uint8Array,
  position: Position,
  identities: age.Identity[],
  macKeys: Map<number, Uint8Array>,
  keyOf: AuthorKey,
): Promise<Entry> {
  const parsedSheet = sheet.parse(await age.decrypt(file, identities), sizesOf(position));
  const envelope = parse(envelopeShape, parsedSheet.body);
  if (
    envelope.format !== Label.ENTRY ||
    envelope.case !== position.case ||
    envelope.sequence !== position.sequence ||
    envelope.number !== position.number
  ) {
    throw new CryptoError("binding", "an entry that belongs elsewhere");
  }
  const isFirst = position.sequence === "shared" && position.number === 0;
  if (SEQUENCE_OF[envelope.kind] !== position.sequence || (envelope.kind === "request") !== isFirst) {
    throw new CryptoError("binding", "an entry of a kind that does not belong there");
  }
  const macKey = macKeys.get(envelope.key);
  if (!macKey) throw new CryptoError("binding", "an entry under a key that is not the case's");
  parsedSheet.checkMac(macKey);
  checkAuthor(envelope.kind, envelope.author);
  const head = signedUnder(envelope.head);
  if (head !== null && !envelope.author) throw new CryptoError("binding", "a head without a member's signature");
  await parsedSheet.checkSignature(Label.ENTRY, envelope.author ? keyOf(envelope.author, head) : null);
  const content = CONTENT[envelope.kind](envelope.content);
  checkKeys(envelope.kind, content);
  if ("summary" in content) checkFollowUp(content);
  return {
    position,
    kind: envelope.kind,
    key: envelope.key,
    previous: envelope.previous,
    author: envelope.author,
    day: envelope.day,
    head,
    content,
    digest: digest(file),
  } as Entry;
}

/** Return the numbers at which a sequence has a gap or a fork. */
export function checkSequence(entries: Entry[], digests: Map<number, string>): number[] {
  const digestByNumber = new Map([
    ...digests,
    ...entries.map((entry): [number, string] => [entry.position.number, entry.digest]),
  ]);
  const wrong = new Set<number>();
  const last = Math.max(-1, ...digestByNumber.keys());
  for (let n = 0; n <= last; n++) if (!digestByNumber.has(n)) wrong.add(n);
  for (const {
    position: { number },
    previous,
    digest: own,
  } of entries) {
    const before = number ? (digestByNumber.get(number - 1) ?? "") : "";
    if (previous !== before || (digests.get(number) ?? own) !== own) wrong.add(number);
  }
  return [...wrong].sort((a, b) => a - b);
}

export const sizesOf = (position: Position): number[] =>
  position.sequence === "shared" && position.number === 0 ? sheet.Sizes.REQUEST : sheet.Sizes.ENTRY;

/** Half a surrogate pair has no UTF-8, and strict readers refuse it. It becomes U+FFFD before encryption. */
const wellFormed = (_: string, value: unknown): unknown => (typeof value === "string" ? fromUtf8(utf8(value)) : value);

function checkAuthor(kind: Kind, author: string): void {
  if (author && (kind === "request" || kind === "correction")) {
    throw new CryptoError("binding", "a request that a member claims to have written");
  }
  if (!author && (kind === "keys" || kind === "hold" || kind === "progress" || SEQUENCE_OF[kind] === "desk")) {
    throw new CryptoError("binding", "a desk entry without an author");
  }
}

function checkKeys(kind: Kind, content: unknown): void {
  if (kind === "request") {
    const { recipients } = content as Request;
    age.checkRecipient(recipients.case);
    age.checkRecipient(recipients.receipt);
  } else if (kind === "keys") {
    const newKey = content as ContentOf<"keys">;
    age.checkRecipient(newKey.recipient);
    unb64(newKey.mac, 32);
  }
}
