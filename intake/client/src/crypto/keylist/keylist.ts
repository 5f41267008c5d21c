/** The key list: who is a member, by whose signatures. docs/reference/format.md, Key list. */
import { MAX_RECIPIENTS } from "../age/age.js";
import * as digits from "../digits.js";
import { addDays, b64, has, unb64, utf8 } from "../encoding.js";
import { CryptoError, within } from "../errors.js";
import { Label } from "../labels.js";
import type { Reason } from "../reasons.js";
import { day, map, object, type Of, oneOf, parse, text, whole, withOptional } from "../shape.js";
import {
  type Author,
  type AuthorKey,
  checkKey,
  labelledHash,
  sign as signText,
  type Signed,
  signedShape as signedText,
  verify as verifyText,
  verifyingKey,
} from "../signing.js";
import { hashOf as hashOfSnapshot, read as readSnapshot, type Snapshot } from "../snapshot.js";

const SEEN_DAYS = 3; // between the other member's snapshot of a pending entry and the `enact`
const UNSEEN_DAYS = 30; // between the signer's own snapshot of it and the `enact`, if the other never signs in again
const MAX_QUORUM = 9;
const MAX_ENTRIES = 4096;
const EPOCH_DAYS = 30; // until a group decides otherwise
const EPOCH_RANGE = [7, 60] as const; // days
const FRESHNESS_DAYS = 14; // that a snapshot may be old, until a group decides otherwise
const FRESHNESS_RANGE = [2, 60] as const; // days
export const MIN_SHARED = 3; // members between whom a recovery key can be split
export const MAX_MEMBERS = MAX_RECIPIENTS; // at once; Shamir's scheme over GF(2^8) gives as many shares as well
export const MAX_SHARES = MAX_QUORUM; // that a recovery key may need

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
/** `evidence`: the snapshot of an \`enact\` entry, and of no other. */
export const signedShape = withOptional(object({ body: text, signatures: map(text) }), "evidence", signedText);
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
  /** An entry that one of two members signed. It waits for the other's answer, or for an \`enact\`. */
  pending: Pending | null;
  epochDays: number;
  freshnessDays: number;
  /** Hash of the recovery key's recipient, how many shares open it, between whom it was split, who put it together once before it counted. */
  recovery: { key: string; threshold: number; members: string[]; triedBy: string } | null;
  /** Decisions to give a member's cases to another with the recovery key. */
  recovered: Recovered[];
  /** After which entries each of them was active: from the first to before the end. Nobody comes back under the same id. */
  terms: Map<string, Term>;
}

export type Term = readonly [first: number, end: number];
const OPEN_END = 2 ** 31; // beyond every number of an entry

export interface Pending {
  entry: SignedEntry;
  body: Body;
}

export interface Recovered {
  number: number;
  day: string;
  to: string;
  of: string;
  signers: string[];
}

export interface Expected {
  group?: string;
  fingerprint?: string;
  seen?: { number: number; hash: string };
}

export const head = (keys: KeyList): string => keys.hashes[keys.hashes.length - 1]!;
export const needed = (keys: KeyList): number => Math.min(keys.quorum, keys.members.size);

/**
 * How many signatures the next entry still needs to take effect at once. A new recovery key needs as many as open it, and that of
 * the member who has tried it; opening one as many as hold it.
 */
export function lacking(keys: KeyList, body: Body, signatures: Record<string, string>): number {
  const signers = Object.keys(signatures).length;
  if (body.kind === "recover" && keys.recovery)
    return Math.max(0, Math.max(needed(keys), keys.recovery.threshold) - signers);
  if (body.kind === "recovery" && body.member) {
    return Math.max(Math.max(needed(keys), body.value) - signers, has(signatures, body.member) ? 0 : 1);
  }
  return Math.max(0, needed(keys) - signers);
}

/** Why a member must not sign what a list may hold. docs/reference/format.md, Recovery key. */
export function unsignable(keys: KeyList, { kind, member, key, value }: Body): Reason | null {
  const standing = keys.recovery?.threshold ?? Infinity;
  const low: Reason = "a recovery key that fewer open than must agree";
  switch (kind) {
    case "recovery":
      if (key && !member) return "a recovery key that nobody tries before it counts";
      return key && value < needed(keys) ? low : null;
    case "recover":
      return standing < needed(keys) ? low : null;
    case "quorum":
      return Math.min(value, keys.members.size) > standing ? "a quorum above what opens the recovery key" : null;
    default:
      return null;
  }
}

const memberOf = (keys: KeyList, key: string): string | undefined =>
  [...keys.known].find(([, known]) => known === key)?.[0];
export const bodyOf = (entry: SignedEntry): Body => read(entry);

export const keyOf =
  (keys: Pick<KeyList, "known">) =>
  (member: string): string => {
    const key = keys.known.get(member);
    if (!key) throw new CryptoError("signature", "a signature by someone who was never a member");
    return key;
  };

/** As much of a list as tells who signed: also in a worker. */
export type Authors = Pick<KeyList, "hashes" | "known" | "members" | "terms">;
/** The list is to be fetched again before something under such a head is given up. */
export const UNKNOWN_HEAD = "a head that is not in the key list";

/** The number of the entry whose hash this is. */
export function position({ hashes }: Pick<KeyList, "hashes">, named: string): number {
  const at = hashes.indexOf(named);
  if (at < 0) throw new CryptoError("signature", UNKNOWN_HEAD);
  return at;
}

/** The key of someone who signed under a head as an active member; of anyone who ever was one where there is no head. */
export const authorOf =
  (keys: Authors): AuthorKey =>
  (member, named) => {
    const key = keyOf(keys)(member);
    if (named === null) return key;
    const [first, end] = keys.terms.get(member)!;
    const number = position(keys, named);
    if (number < first || number >= end)
      throw new CryptoError("signature", "a signature by someone who was not an active member then");
    return key;
  };

/** The terms, given who is active after an entry. */
function termsAfter(terms: Map<string, Term>, members: Map<string, string>, number: number): Map<string, Term> {
  const next = new Map<string, Term>();
  for (const member of members.keys()) next.set(member, terms.get(member) ?? [number, OPEN_END]);
  for (const [member, [first, end]] of terms)
    if (!members.has(member)) next.set(member, [first, Math.min(end, number)]);
  return next;
}

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

export function nextBody(
  keys: KeyList,
  kind: Body["kind"],
  on: string,
  what: { member?: string; key?: string; value?: number },
): Body {
  return {
    format: Label.KEY_LIST,
    group: keys.group,
    number: keys.entries.length,
    previous: head(keys),
    day: on,
    kind,
    member: what.member ?? "",
    key: what.key ?? "",
    value: what.value ?? 0,
  };
}

export function verify(entries: SignedEntry[], on: string, expected: Expected = {}): KeyList {
  if (!entries.length) refuse("an empty key list");
  if (entries.length > MAX_ENTRIES) refuse("a key list of too many entries");
  let keys = first(entries[0]!);
  if (expected.group !== undefined && keys.group !== expected.group) refuse("the key list of another group");
  if (expected.fingerprint !== undefined && keys.fingerprint.replaceAll(" ", "") !== expected.fingerprint) {
    refuse("a key list under another fingerprint");
  }
  let terms = termsAfter(new Map(), keys.members, 0);
  for (const [before, entry] of entries.slice(1).entries()) {
    keys = follow(keys, entry);
    terms = termsAfter(terms, keys.members, before + 1);
  }
  if (keys.days[keys.days.length - 1]! > addDays(on, 1)) refuse("a key list from the future");
  if (expected.seen && keys.hashes[expected.seen.number] !== expected.seen.hash) {
    refuse("a key list that forgets or replaces what was seen before");
  }
  return { ...keys, terms };
}

function refuse(reason: Reason): never {
  throw new CryptoError("key list", reason);
}

function read(entry: SignedEntry): Body {
  const body = within("key list", () => {
    const said = parse(bodyShape, entry.body);
    unb64(said.group, 16);
    if (said.member) unb64(said.member, 16);
    if (said.key) unb64(said.key, 32);
    return said;
  });
  // In one form alone: what readers of JSON might take differently must never get into a list that only grows.
  if (JSON.stringify(body) !== entry.body) refuse("an entry that is not written as it must be");
  if (body.format !== Label.KEY_LIST) refuse("an entry of another format");
  if (entry.evidence && body.kind !== "enact") refuse("an entry with evidence that its kind does not have");
  return body;
}

export const hash = (entry: SignedEntry): string => b64(hashOf(entry));
const hashOf = (entry: SignedEntry): Uint8Array => labelledHash(Label.KEY_LIST, utf8(entry.body));

function check(key: string, entry: SignedEntry, member: string): void {
  within("key list", () => verifyText(key, Label.KEY_LIST, utf8(entry.body), entry.signatures[member] ?? ""));
}

function first(entry: SignedEntry): KeyList {
  const body = read(entry);
  if (body.kind !== "found" || body.number !== 0 || body.previous) refuse("a first entry that does not found a group");
  if (body.value < 1 || body.value > MAX_QUORUM) refuse("a quorum out of range");
  if (Object.keys(entry.signatures).join() !== body.member) refuse("a first entry signed by someone else");
  check(body.key, entry, body.member);
  const hash = hashOf(entry);
  const members = new Map([[body.member, body.key]]);
  return {
    group: body.group,
    fingerprint: digits.fromHash(hash),
    entries: [entry],
    hashes: [b64(hash)],
    days: [body.day],
    members,
    known: new Map(members),
    quorum: body.value,
    retention: null,
    pending: null,
    epochDays: EPOCH_DAYS,
    freshnessDays: FRESHNESS_DAYS,
    recovery: null,
    recovered: [],
    terms: new Map(),
  };
}

function continues(before: KeyList, entry: SignedEntry): Body {
  const body = read(entry);
  if (body.group !== before.group) refuse("an entry of another group");
  if (body.number !== before.entries.length) refuse("an entry of another number");
  if (body.previous !== head(before)) refuse("an entry that does not continue the one before it");
  if (body.day < before.days[before.days.length - 1]!) refuse("an entry dated before the one before it");
  return body;
}

function follow(keys: KeyList, entry: SignedEntry): KeyList {
  const body = continues(keys, entry);
  if (keys.pending && !onPending(body)) refuse("an entry while another is still pending");
  countApprovals(keys, entry);
  checkChange(keys, body);
  const grown: KeyList = {
    ...keys,
    entries: [...keys.entries, entry],
    hashes: [...keys.hashes, b64(hashOf(entry))],
    days: [...keys.days, body.day],
  };
  if (body.kind === "enact") return enact(keys, grown, body, entry);
  if (onPending(body)) return answer(grown, body, entry);
  const leaving = body.kind === "remove" && has(entry.signatures, body.member);
  if (!lacking(keys, body, entry.signatures) || leaving) return apply(grown, body, entry);
  if (keys.members.size === 2 && body.kind !== "recover") return { ...grown, pending: { entry, body } };
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

/** What each kind says; the rest must be empty or 0. */
const FIELDS: Record<Body["kind"], ("member" | "key" | "value")[]> = {
  found: ["member", "key", "value"],
  enrol: ["member", "key"],
  remove: ["member"],
  stop: ["key"],
  agree: ["key"],
  enact: ["key"],
  quorum: ["value"],
  retention: ["key"],
  epoch: ["value"],
  freshness: ["value"],
  recovery: ["member", "key", "value"],
  recover: ["member", "key"],
};

function checkChange(keys: KeyList, body: Body): void {
  const reason = misfit(keys, body);
  if (reason) refuse(reason);
}

/** Why an entry could not stand in the list even if all had signed it. */
function misfit(keys: KeyList, body: Body): Reason | null {
  const { kind, member, key, value } = body;
  if ((["member", "key", "value"] as const).some((name) => body[name] && !FIELDS[kind].includes(name))) {
    return "an entry with what its kind does not have";
  }
  switch (kind) {
    case "found":
      return "a first entry that does not found a group";
    case "enrol":
      if (!member || !key) return "an enrolment without a member or a key";
      if (keys.known.has(member)) return "an enrolment of someone who is or was a member";
      if (keys.members.size >= MAX_MEMBERS) return "an enrolment beyond the most members that a group has";
      if (memberOf(keys, key) !== undefined) return "an enrolment with a key that somebody has or had";
      break;
    case "remove":
      if (!keys.members.has(member)) return "a removal of someone who is not a member";
      return keys.members.size > 1 ? null : "a removal of the last member";
    case "quorum":
      return value >= 1 && value <= MAX_QUORUM ? null : "a quorum out of range";
    case "retention":
      if (!key) return "a retention key that is missing";
      break;
    case "epoch":
      return value >= EPOCH_RANGE[0] && value <= EPOCH_RANGE[1] ? null : "an epoch out of range";
    case "freshness":
      return value >= FRESHNESS_RANGE[0] && value <= FRESHNESS_RANGE[1] ? null : "a freshness out of range";
    case "recovery":
      if (key ? !canSplit(keys, value) : value !== 0 || member !== "") return "a recovery key that cannot be split so";
      return member && !keys.members.has(member) ? "a recovery key that is tried by someone who is not a member" : null;
    case "recover":
      if (!keys.recovery) return "a recovery without a recovery key";
      if (!keys.members.has(member)) return "a recovery for someone who is not a member";
      return memberOf(keys, key) === undefined ? "a recovery of someone who never was a member" : null;
    default:
      return null;
  }
  // A key is checked where it enters: a list only grows, and one that some readers could not use would shut the form.
  within("key list", () => checkKey(key));
  return null;
}

const canSplit = (keys: KeyList, threshold: number): boolean =>
  keys.members.size >= MIN_SHARED && threshold >= 2 && threshold <= Math.min(keys.members.size, MAX_QUORUM);

/**
 * A proposal as it stands: what it says, who signed, how many signatures it lacks. Throws for one that could never continue
 * the list, so that nobody signs what everyone will refuse.
 */
export function checkProposal(keys: KeyList, entry: SignedEntry): { body: Body; lacking: number } {
  const body = continues(keys, entry);
  if (keys.pending && !onPending(body)) refuse("an entry while another is still pending");
  countApprovals(keys, entry);
  checkChange(keys, body);
  const wrong = unsignable(keys, body);
  if (wrong) refuse(wrong);
  return { body, lacking: lacking(keys, body, entry.signatures) };
}

/** The other of two answers what one signed alone, or its time has passed. */
const onPending = ({ kind }: Body): boolean => kind === "stop" || kind === "agree" || kind === "enact";

function answer(keys: KeyList, body: Body, entry: SignedEntry): KeyList {
  const pending = keys.pending;
  if (!pending || body.key !== b64(hashOf(pending.entry))) return refuse("an answer to something that is not pending");
  if (Object.keys(entry.signatures).some((member) => has(pending.entry.signatures, member))) {
    refuse("an answer by a signer of what is pending");
  }
  const settled = { ...keys, pending: null };
  return body.kind === "agree" ? apply(settled, pending.body, pending.entry) : settled;
}

function enact(keys: KeyList, grown: KeyList, body: Body, entry: SignedEntry): KeyList {
  const { pending } = keys;
  const { evidence } = entry;
  if (!pending) return refuse("an enact of nothing that is pending");
  if (!evidence) return refuse("an enact without evidence");
  const seen = within("key list", () => readSnapshot(evidence, keys));
  if (hashOfSnapshot(seen.signed) !== body.key) refuse("an enact that names other evidence");
  const from = enactDay(pending, seen);
  if (from === null) refuse("an enact by a snapshot from before the entry");
  if (body.day < from) refuse("an enact whose time has not come");
  return apply({ ...grown, pending: null }, pending.body, pending.entry);
}

/**
 * From which day on \`seen\` is evidence enough for an \`enact\`; null if never. The other member has three days to stop an entry once
 * their snapshot shows that they were given it. If they never sign in again, it takes effect 30 days after the signer's own snapshot.
 */
export function enactDay(pending: Pending, seen: Snapshot): string | null {
  if (seen.number < pending.body.number || seen.day < pending.body.day) return null;
  return addDays(seen.day, has(pending.entry.signatures, seen.member) ? UNSEEN_DAYS : SEEN_DAYS);
}

function apply(keys: KeyList, body: Body, entry: SignedEntry): KeyList {
  const members = new Map(keys.members);
  const known = new Map(keys.known);
  switch (body.kind) {
    case "enrol":
      members.set(body.member, body.key);
      known.set(body.member, body.key);
      return { ...keys, members, known };
    case "remove":
      members.delete(body.member);
      return { ...keys, members };
    case "quorum":
      return { ...keys, quorum: body.value };
    case "epoch":
      return { ...keys, epochDays: body.value };
    case "freshness":
      return { ...keys, freshnessDays: body.value };
    case "recovery":
      return {
        ...keys,
        recovery: body.key
          ? { key: body.key, threshold: body.value, members: [...keys.members.keys()], triedBy: body.member }
          : null,
      };
    case "recover": {
      const made = {
        number: body.number,
        day: body.day,
        to: body.member,
        of: memberOf(keys, body.key)!,
        signers: Object.keys(entry.signatures),
      };
      return { ...keys, recovered: [...keys.recovered, made] };
    }
    default:
      return { ...keys, retention: body.key };
  }
}
