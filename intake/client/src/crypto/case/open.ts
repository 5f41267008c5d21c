/** Open a case as a host returns it, and refuse what does not verify. docs/reference/format.md, The case. */
import * as age from "../age/age.js";
import { type Bytes, unb64 } from "../encoding.js";
import * as entry from "../entry.js";
import { type ContentOf, type Entry, type Request, type Sequence } from "../entry.js";
import { CryptoError } from "../errors.js";
import * as grant from "../grant.js";
import { type CaseKeys } from "../grant.js";
import * as hold from "../hold.js";
import { type Authors, authorOf } from "../keylist/keylist.js";
import * as receipt from "../receipt.js";
import {
  type CaseWarning,
  type Floor,
  type VerifiedGroup,
  type Last,
  type OpenedSequence,
  type SnapshotPoint,
  type StoredEntry,
  openAll,
  positionOf,
} from "./sequence.js";

/** A verified hold: until when, why, who signed it, and whether two members did. */
export interface VerifiedHold {
  until: string;
  reason: string;
  by: string[];
  inForce: boolean;
  body: string;
}

/** A host's answer to a member who asks for a case. Nothing in it is verified. */
export interface ServedCase {
  case: string;
  grantee: string;
  epoch: string;
  grant: string;
  expires: string;
  shared: StoredEntry[];
  desk: StoredEntry[];
  hold: hold.Hold | null;
}

/** A reader at the desk: the grantee, the secret key that the grant names, and the verified group. */
export interface Reader {
  grantee: string;
  identity: age.Identity;
  known: VerifiedGroup;
}

/**
 * A case as a member may see it. `inherited` means that a former member gave the keys, so nothing new is encrypted to
 * them.
 */
export interface OpenCase {
  id: string;
  keys: CaseKeys;
  inherited: boolean;
  shared: Entry[];
  desk: Entry[];
  last: Record<Sequence, Last>;
  warnings: CaseWarning[];
  hold: VerifiedHold | null;
}

/** A host's answer to the holder of a receipt. Nothing in it is verified. */
export interface ServedOwnCase {
  case: string;
  receiptGrant: string;
  entries: StoredEntry[];
  hold: hold.Hold | null;
}

/** The key that the requester's next entry is encrypted to. */
export interface NewestKey {
  number: number;
  recipient: string;
  mac: Uint8Array;
}

/** A case as the holder of its receipt may see it. `hidden` counts stored entries that are not shown to them. */
export interface OwnCase {
  grant: receipt.ReceiptGrant;
  entries: Entry[];
  last: Last;
  key: NewestKey;
  hidden: number;
  warnings: CaseWarning[];
  hold: VerifiedHold | null;
}

/**
 * Open the case that was asked for, as far as the grant allows. Throws `CryptoError` if the grant or the request does
 * not verify.
 */
export async function openCase(
  asked: string,
  served: ServedCase,
  { grantee, identity, known }: Reader,
): Promise<OpenCase> {
  if (served.case !== asked) throw new CryptoError("binding", "another case than was asked for");
  if (served.grantee !== grantee) throw new CryptoError("binding", "a grant to someone else");
  const address = { case: asked, grantee, epoch: served.epoch };
  const given = await grant.open(unb64(served.grant), address, [identity], authorOf(known.keys));
  const shared = await openSequence(asked, "shared", served.shared, given.keys.caseKeys, known);
  const desk = await openSequence(asked, "desk", served.desk, given.keys.deskKeys, known);
  const first = shared.entries[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  const [kept, doubts] = verifiedHold(served.hold, asked, shared.entries, known.keys);
  return {
    id: asked,
    keys: given.keys,
    inherited: isInherited(given, known.keys),
    shared: shared.entries,
    desk: desk.entries,
    last: { shared: shared.last, desk: desk.last },
    warnings: [...shared.warnings, ...desk.warnings, ...doubts, ...late(served.expires, first.content.deletion)],
    hold: kept,
  };
}

/** Return whether a former member gave a grant's keys. */
export const isInherited = ({ author }: grant.Granted, { members }: Authors): boolean =>
  author !== "" && !members.has(author);

/** Return what a session has seen after opening a case under a snapshot. */
export const floorOf = ({ last }: OpenCase, { number }: SnapshotPoint): Floor => ({
  numbers: { shared: last.shared.number, desk: last.desk.number },
  head: number,
});

/** Open a case with its receipt. Throws `CryptoError` for a receipt grant that does not open. */
export async function openOwn(served: ServedOwnCase, own: receipt.Receipt, known: VerifiedGroup): Promise<OwnCase> {
  const given = await receipt.openGrant(unb64(served.receiptGrant), own, served.case);
  const macs = new Map<number, Uint8Array>([[0, unb64(given.mac, 32)]]);
  let key: NewestKey = { number: 0, recipient: given.recipient, mac: macs.get(0)! };
  const open = async ({ number, file }: StoredEntry): Promise<Entry> => {
    const place = { case: served.case, sequence: "shared" as const, number };
    const one = await entry.open(unb64(file!), place, [own.identity], macs, authorOf(known.keys));
    if (number === 0 && one.digest !== given.request)
      throw new CryptoError("binding", "another request than the receipt's");
    return one;
  };
  const accept = (one: Entry): void => {
    if (one.kind !== "keys") return;
    const told = toldKey(one.content, macs);
    // Keys from a former member open replies. The requester's next entry is not encrypted to them.
    if (told.number > key.number && known.keys.members.has(one.author)) key = told;
  };
  const { entries, last, hidden, warnings } = await openAll("shared", served.entries, { open, known, accept });
  const [kept] = verifiedHold(served.hold, served.case, entries, known.keys);
  return { grant: given, entries, last, key, hidden, warnings, hold: kept?.inForce ? kept : null };
}

export function requestOf({ shared }: Pick<OpenCase, "shared">): Request {
  const first = shared[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  return first.content;
}

export const macOf = (sequence: Sequence): typeof entry.sharedMacKey =>
  sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey;

async function openSequence(
  caseId: string,
  sequence: Sequence,
  stored: StoredEntry[],
  seeds: Bytes[],
  known: VerifiedGroup,
): Promise<OpenedSequence> {
  const identities = await Promise.all(seeds.map(age.opener));
  const macs = new Map(seeds.map((seed, number) => [number, macOf(sequence)(seed, caseId)]));
  const open = ({ number, file }: StoredEntry): Promise<Entry> =>
    entry.open(unb64(file!), { case: caseId, sequence, number }, identities, macs, authorOf(known.keys));
  return openAll(sequence, stored, { open, known, ...(sequence === "shared" ? { needed: 0 } : {}) });
}

/** Accept a later key. The first key with a number counts. */
function toldKey({ number, recipient, mac }: ContentOf<"keys">, macs: Map<number, Uint8Array>): NewestKey {
  if (macs.has(number)) throw new CryptoError("binding", "a key number that is taken");
  const found = unb64(mac, 32);
  macs.set(number, found);
  return { number, recipient, mac: found };
}

/** Return the hold with the reason from its entry, and warnings. */
function verifiedHold(
  stored: hold.Hold | null,
  caseId: string,
  entries: Entry[],
  keys: Authors,
): [VerifiedHold | null, CaseWarning[]] {
  if (!stored) return [null, []];
  try {
    const said = hold.verify(stored, caseId, authorOf(keys));
    const reason = entries.find((one) => one.digest === said.entry);
    if (reason?.kind !== "hold" || reason.content.until !== said.until)
      throw new CryptoError("binding", "a hold without its reason");
    if (positionOf(keys, said.head) < positionOf(keys, reason.head))
      throw new CryptoError("binding", "a hold under a head of before its reason");
    return [
      { until: said.until, reason: reason.content.text, by: said.by, inForce: said.inForce, body: stored.body },
      [],
    ];
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return [null, [{ kind: "missing", reason: error.message, sequence: null, number: -1 }]];
  }
}

const late = (expires: string, deletion: string): CaseWarning[] =>
  expires > deletion
    ? [{ kind: "late", reason: "kept longer than its requester chose", sequence: null, number: -1 }]
    : [];
