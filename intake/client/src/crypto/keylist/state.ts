/** The state of a verified key list: present and former members, and the group's rules. */
import { CryptoError } from "../errors.js";
import { type AuthorKey } from "../signing.js";
import { type Body, type SignedEntry } from "./entry.js";

export interface KeyList {
  group: string;
  fingerprint: string;
  entries: SignedEntry[];
  hashes: string[];
  days: string[];
  members: Map<string, string>;
  allMembers: Map<string, string>;
  quorum: number;
  retention: string | null;
  /** An entry that one of two members signed. It waits for the other's answer, or for an `enact`. */
  pending: Pending | null;
  epochDays: number;
  freshnessDays: number;
  /**
   * The hash of the recovery key's recipient, its threshold, the members who have shares, and the member who tested
   * it.
   */
  recovery: { key: string; threshold: number; members: string[]; testedBy: string } | null;
  /** Decisions to give a member's cases to another with the recovery key. */
  recovered: Recovered[];
  /**
   * The entries between which each member was active: from the first, up to but not including the end. Ids are never
   * used again.
   */
  terms: Map<string, Term>;
}

export type Term = readonly [first: number, end: number];

const OPEN_END = 2 ** 31; // higher than every entry number

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

export const head = (keys: KeyList): string => keys.hashes[keys.hashes.length - 1]!;

export const needed = (keys: KeyList): number => Math.min(keys.quorum, keys.members.size);

export const memberOf = (keys: Pick<KeyList, "allMembers">, key: string): string | undefined =>
  [...keys.allMembers].find(([, memberKey]) => memberKey === key)?.[0];

export const keyOf =
  (keys: Pick<KeyList, "allMembers">) =>
  (member: string): string => {
    const key = keys.allMembers.get(member);
    if (!key) throw new CryptoError("signature", "a signature by someone who was never a member");
    return key;
  };

/** The part of a key list that tells who signed. A worker needs no more. */
export type Authors = Pick<KeyList, "hashes" | "allMembers" | "members" | "terms">;

/** Fetch the list again before giving up something under an unknown head. */
export const UNKNOWN_HEAD = "a head that is not in the key list";

/** Return the number of the entry with this hash. */
export function numberOf({ hashes }: Pick<KeyList, "hashes">, named: string): number {
  const at = hashes.indexOf(named);
  if (at < 0) throw new CryptoError("signature", UNKNOWN_HEAD);
  return at;
}

/** Return the key of an active member under a head, or of anyone who ever was a member if there is no head. */
export const authorOf =
  (keys: Authors): AuthorKey =>
  (member, named) => {
    const key = keyOf(keys)(member);
    if (named === null) return key;
    const [first, end] = keys.terms.get(member)!;
    const number = numberOf(keys, named);
    if (number < first || number >= end)
      throw new CryptoError("signature", "a signature by someone who was not an active member then");
    return key;
  };

/** Return the terms, given the members after an entry. */
export function termsAfter(terms: Map<string, Term>, members: Map<string, string>, number: number): Map<string, Term> {
  const next = new Map<string, Term>();
  for (const member of members.keys()) next.set(member, terms.get(member) ?? [number, OPEN_END]);
  for (const [member, [first, end]] of terms)
    if (!members.has(member)) next.set(member, [first, Math.min(end, number)]);
  return next;
}
