/** Verify a key list entry by entry. docs/reference/format.md, Key list. */
import * as digits from "../digits.js";
import { addDays, b64, has } from "../encoding.js";
import { within } from "../errors.js";
import { Label } from "../labels.js";
import { type Snapshot, hashOf as hashOfSnapshot, read as readSnapshot } from "../snapshot.js";
import { type Body, type SignedEntry, check, hashOf, read, refuse } from "./entry.js";
import { MAX_QUORUM, missingSignatures, ruleViolation, signingViolation } from "./rules.js";
import { type KeyList, type Pending, head, memberOf, termsAfter } from "./state.js";

const SEEN_DAYS = 3; // between the other member's snapshot of a pending entry and the `enact`
const UNSEEN_DAYS = 30; // between the signer's own snapshot and the `enact`, if the other member never signs in again
const MAX_ENTRIES = 4096;
const EPOCH_DAYS = 30; // until a group decides otherwise
const FRESHNESS_DAYS = 14; // that a snapshot may be old, until a group decides otherwise

export interface Expected {
  group?: string;
  fingerprint?: string;
  seen?: { number: number; hash: string };
}

export function nextBody(
  keys: KeyList,
  kind: Body["kind"],
  on: string,
  fields: { member?: string; key?: string; value?: number },
): Body {
  return {
    format: Label.KEY_LIST,
    group: keys.group,
    number: keys.entries.length,
    previous: head(keys),
    day: on,
    kind,
    member: fields.member ?? "",
    key: fields.key ?? "",
    value: fields.value ?? 0,
  };
}

export function verify(entries: SignedEntry[], on: string, expected: Expected = {}): KeyList {
  if (!entries.length) refuse("an empty key list");
  if (entries.length > MAX_ENTRIES) refuse("a key list with too many entries");
  let keys = first(entries[0]!);
  if (expected.group !== undefined && keys.group !== expected.group) refuse("the key list of another group");
  if (expected.fingerprint !== undefined && keys.fingerprint.replaceAll(" ", "") !== expected.fingerprint) {
    refuse("a key list with another fingerprint");
  }
  let terms = termsAfter(new Map(), keys.members, 0);
  for (const [before, entry] of entries.slice(1).entries()) {
    keys = follow(keys, entry);
    terms = termsAfter(terms, keys.members, before + 1);
  }
  if (keys.days[keys.days.length - 1]! > addDays(on, 1)) refuse("a key list from the future");
  if (expected.seen && keys.hashes[expected.seen.number] !== expected.seen.hash) {
    refuse("a key list that omits or replaces an entry seen before");
  }
  return { ...keys, terms };
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
    allMembers: new Map(members),
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
  if (body.number !== before.entries.length) refuse("an entry with another number");
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
  if (!missingSignatures(keys, body, entry.signatures) || leaving) return apply(grown, body, entry);
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

function checkChange(keys: KeyList, body: Body): void {
  const reason = ruleViolation(keys, body);
  if (reason) refuse(reason);
}

/**
 * Check a proposal: what it says, and how many signatures it lacks. Throws for one that could never continue the
 * list, so that nobody signs it.
 */
export function checkProposal(keys: KeyList, entry: SignedEntry): { body: Body; missingSignatures: number } {
  const body = continues(keys, entry);
  if (keys.pending && !onPending(body)) refuse("an entry while another is still pending");
  countApprovals(keys, entry);
  checkChange(keys, body);
  const wrong = signingViolation(keys, body);
  if (wrong) refuse(wrong);
  return { body, missingSignatures: missingSignatures(keys, body, entry.signatures) };
}

/** Whether an entry answers the pending one, or enacts it after its time. */
const onPending = ({ kind }: Body): boolean => kind === "stop" || kind === "agree" || kind === "enact";

function answer(keys: KeyList, body: Body, entry: SignedEntry): KeyList {
  const pending = keys.pending;
  if (!pending || body.key !== b64(hashOf(pending.entry))) return refuse("an answer to an entry that is not pending");
  if (Object.keys(entry.signatures).some((member) => has(pending.entry.signatures, member))) {
    refuse("an answer by a signer of the pending entry");
  }
  const settled = { ...keys, pending: null };
  return body.kind === "agree" ? apply(settled, pending.body, pending.entry) : settled;
}

function enact(keys: KeyList, grown: KeyList, body: Body, entry: SignedEntry): KeyList {
  const { pending } = keys;
  const { evidence } = entry;
  if (!pending) return refuse("an enact without a pending entry");
  if (!evidence) return refuse("an enact without evidence");
  const seen = within("key list", () => readSnapshot(evidence, keys));
  if (hashOfSnapshot(seen.signed) !== body.key) refuse("an enact that names other evidence");
  const from = enactDay(pending, seen);
  if (from === null) refuse("an enact with a snapshot older than the pending entry");
  if (body.day < from) refuse("an enact before the end of the waiting time");
  return apply({ ...grown, pending: null }, pending.body, pending.entry);
}

/**
 * Return the day from which `seen` is evidence for an `enact`, or null if it never is.
 *
 * The other member has three days to stop an entry after their snapshot shows that they saw it. If they never sign in
 * again, the entry can be enacted 30 days after the signer's own snapshot.
 */
export function enactDay(pending: Pending, seen: Snapshot): string | null {
  if (seen.number < pending.body.number || seen.day < pending.body.day) return null;
  return addDays(seen.day, has(pending.entry.signatures, seen.member) ? UNSEEN_DAYS : SEEN_DAYS);
}

function apply(keys: KeyList, body: Body, entry: SignedEntry): KeyList {
  const members = new Map(keys.members);
  const allMembers = new Map(keys.allMembers);
  switch (body.kind) {
    case "enrol":
      members.set(body.member, body.key);
      allMembers.set(body.member, body.key);
      return { ...keys, members, allMembers };
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
          ? { key: body.key, threshold: body.value, members: [...keys.members.keys()], testedBy: body.member }
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
