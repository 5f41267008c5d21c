/** The key list: who is a member, by whose signatures. docs/format.md, Key list. */
import * as digits from "./digits.js";
import { addDays, has, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { day, map, object, type Of, oneOf, parse, text, whole } from "./shape.js";
import { type Author, labelledHash, sign as signText, verify as verifyText, verifyingKey } from "./signing.js";
import { b64 } from "./encoding.js";

const PENDING_DAYS = 3;
const MAX_QUORUM = 9;
const MAX_ENTRIES = 4096;

const bodyShape = object({
  format: text, group: text, number: whole, previous: text, day,
  kind: oneOf("found", "enrol", "remove", "stop", "quorum", "retention"),
  member: text, key: text, value: whole,
});
export type Body = Of<typeof bodyShape>;
export const signedShape = object({ body: text, signatures: map(text) });
export type SignedEntry = Of<typeof signedShape>;

export interface KeyList {
  group: string;
  fingerprint: string;
  entries: SignedEntry[];
  hashes: string[];
  days: string[];
  members: Map<string, string>;
  known: Map<string, string>;
  quorum: number;
  retention: string | null;
  pending: { entry: SignedEntry; body: Body; effective: string } | null;
}

export interface Expected {
  group?: string;
  fingerprint?: string;
  seen?: { number: number; hash: string };
}

export const head = (keys: KeyList): string => keys.hashes[keys.hashes.length - 1]!;
export const needed = (keys: KeyList): number => Math.min(keys.quorum, keys.members.size);

export const keyOf = (keys: KeyList) => (member: string): string => {
  const key = keys.known.get(member);
  if (!key) throw new CryptoError("signature", "a signature by someone who was never a member");
  return key;
};

export function sign(body: Body, signers: Author[]): SignedEntry {
  const written = JSON.stringify(body);
  return {
    body: written,
    signatures: Object.fromEntries(signers.map(({ member, seed }) => [member, signText(seed, Label.KEY_LIST, utf8(written))])),
  };
}

export function found(group: string, author: Author, on: string, quorum = 2): SignedEntry {
  return sign({
    format: Label.KEY_LIST, group, number: 0, previous: "", day: on, kind: "found",
    member: author.member, key: verifyingKey(author.seed), value: quorum,
  }, [author]);
}

export function nextBody(keys: KeyList, kind: Body["kind"], on: string, what: { member?: string; key?: string; value?: number }): Body {
  return {
    format: Label.KEY_LIST, group: keys.group, number: keys.entries.length, previous: head(keys), day: on, kind,
    member: what.member ?? "", key: what.key ?? "", value: what.value ?? 0,
  };
}

export function verify(entries: SignedEntry[], on: string, expected: Expected = {}): KeyList {
  if (entries.length < 1 || entries.length > MAX_ENTRIES) refuse("an empty or oversized key list");
  let keys = first(entries[0]!);
  if ((expected.group !== undefined && keys.group !== expected.group) ||
      (expected.fingerprint !== undefined && keys.fingerprint.replaceAll(" ", "") !== expected.fingerprint)) {
    refuse("the key list of another group");
  }
  for (const entry of entries.slice(1)) keys = follow(keys, entry);
  if (keys.days[keys.days.length - 1]! > addDays(on, 1)) refuse("a key list from the future");
  if (expected.seen && keys.hashes[expected.seen.number] !== expected.seen.hash) {
    refuse("a key list that forgets or replaces what was seen before");
  }
  return settle(keys, on);
}

function refuse(why: string): never {
  throw new CryptoError("key list", why);
}

function read(entry: SignedEntry): Body {
  try {
    const body = parse(bodyShape, entry.body);
    unb64(body.group, 16);
    if (body.member) unb64(body.member, 16);
    if (body.key) unb64(body.key, 32);
    if (body.format !== Label.KEY_LIST) refuse("an entry of another format");
    return body;
  } catch {
    return refuse("an entry that cannot be read");
  }
}

const hashOf = (entry: SignedEntry): Uint8Array => labelledHash(Label.KEY_LIST, utf8(entry.body));

function check(key: string, entry: SignedEntry, member: string): void {
  try {
    verifyText(key, Label.KEY_LIST, utf8(entry.body), entry.signatures[member] ?? "");
  } catch {
    refuse("an entry with a signature that does not verify");
  }
}

function first(entry: SignedEntry): KeyList {
  const body = read(entry);
  if (body.kind !== "found" || body.number !== 0 || body.previous || body.value < 1 || body.value > MAX_QUORUM) {
    refuse("a first entry that does not found a group");
  }
  if (Object.keys(entry.signatures).join() !== body.member) refuse("a first entry signed by someone else");
  check(body.key, entry, body.member);
  const hash = hashOf(entry);
  const members = new Map([[body.member, body.key]]);
  return {
    group: body.group, fingerprint: digits.fromHash(hash), entries: [entry], hashes: [b64(hash)], days: [body.day],
    members, known: new Map(members), quorum: body.value, retention: null, pending: null,
  };
}

function follow(before: KeyList, entry: SignedEntry): KeyList {
  const body = read(entry);
  if (body.group !== before.group) refuse("an entry of another group");
  if (body.number !== before.entries.length || body.previous !== head(before) || body.day < before.days[before.days.length - 1]!) {
    refuse("an entry that does not continue the list");
  }
  const keys = settle(before, body.day);
  if (keys.pending && body.kind !== "stop") refuse("an entry while another is still pending");
  const approvals = countApprovals(keys, entry);
  const grown: KeyList = {
    ...keys, entries: [...keys.entries, entry], hashes: [...keys.hashes, b64(hashOf(entry))], days: [...keys.days, body.day],
  };
  if (body.kind === "stop") return stop(grown, body, entry);
  checkChange(keys, body);
  const leaving = body.kind === "remove" && has(entry.signatures, body.member);
  if (approvals >= needed(keys) || leaving) return apply(grown, body);
  if (keys.members.size === 2) return { ...grown, pending: { entry, body, effective: addDays(body.day, PENDING_DAYS) } };
  return refuse("an entry with too few signatures");
}

function countApprovals(keys: KeyList, entry: SignedEntry): number {
  const signers = Object.keys(entry.signatures);
  for (const member of signers) {
    const key = keys.members.get(member);
    if (!key) refuse("an entry signed by someone who is not a member");
    check(key, entry, member);
  }
  if (signers.length === 0) refuse("an entry without a signature");
  return signers.length;
}

function checkChange(keys: KeyList, body: Body): void {
  const taken = new Set(keys.known.values());
  const fits = {
    found: false,
    stop: false,
    enrol: !!body.member && !!body.key && !keys.known.has(body.member) && !taken.has(body.key),
    remove: keys.members.has(body.member) && !body.key && keys.members.size > 1,
    quorum: body.value >= 1 && body.value <= MAX_QUORUM && !body.member && !body.key,
    retention: !!body.key && !body.member,
  }[body.kind];
  if (!fits) refuse("an entry that its kind does not allow");
}

function stop(keys: KeyList, body: Body, entry: SignedEntry): KeyList {
  const pending = keys.pending;
  if (!pending || body.key !== b64(hashOf(pending.entry)) ||
      Object.keys(entry.signatures).some((member) => has(pending.entry.signatures, member))) {
    refuse("a stop of something that is not pending, or by its own signer");
  }
  return { ...keys, pending: null };
}

function settle(keys: KeyList, on: string): KeyList {
  return keys.pending && on >= keys.pending.effective ? { ...apply(keys, keys.pending.body), pending: null } : keys;
}

function apply(keys: KeyList, body: Body): KeyList {
  const members = new Map(keys.members);
  const known = new Map(keys.known);
  if (body.kind === "enrol") {
    members.set(body.member, body.key);
    known.set(body.member, body.key);
  } else if (body.kind === "remove") {
    members.delete(body.member);
  } else if (body.kind === "quorum") {
    return { ...keys, quorum: body.value };
  } else {
    return { ...keys, retention: body.key };
  }
  return { ...keys, members, known };
}
