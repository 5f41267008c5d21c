/** Open a case as a host returns it, and refuse what does not verify. docs/reference/format.md, The case. */
import * as age from "../age/age.js";
import { type Bytes, unb64 } from "../encoding.js";
import * as entry from "../entry.js";
import { type ContentOf, type Entry, type Request, type Sequence } from "../entry.js";
import { CryptoError } from "../errors.js";
import * as grant from "../grant.js";
import { type CaseKeys } from "../grant.js";
import * as hold from "../hold.js";
import * as onBehalf from "../on_behalf.js";
import { type Authors, authorOf } from "../keylist/keylist.js";
import * as receipt from "../receipt.js";
import { type Progress, progressOf } from "./progress.js";
import {
  type CaseWarning,
  type Floor,
  type VerifiedGroup,
  type Last,
  type OpenedSequence,
  type SnapshotPoint,
  type StoredEntry,
  checkHead,
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
  grant: Bytes;
  expires: string;
  shared: StoredEntry[];
  desk: StoredEntry[];
  hold: hold.Hold | null;
}

/** A reader at the desk: the grantee, the secret key that the grant names, and the verified group. */
export interface Reader {
  grantee: string;
  identity: age.Identity;
  group: VerifiedGroup;
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
  progress: Progress;
  /** Who wrote the request down for its author. Null if the author wrote it. */
  onBehalf: onBehalf.OnBehalf | null;
}

/** A host's answer to the holder of a receipt. Nothing in it is verified. */
export interface ServedOwnCase {
  case: string;
  receiptGrant: Bytes;
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
  progress: Progress;
}

/**
 * Open the case that was asked for, as far as the grant allows. Throws `CryptoError` if the grant or the request does
 * not verify.
 */
export async function openCase(
  caseId: string,
  served: ServedCase,
  { grantee, identity, group }: Reader,
): Promise<OpenCase> {
  if (served.case !== caseId) throw new CryptoError("binding", "another case than the requested one");
  if (served.grantee !== grantee) throw new CryptoError("binding", "a grant to someone else");
  const address = { case: caseId, grantee, epoch: served.epoch };
  const granted = await grant.open(served.grant, address, [identity], authorOf(group.keys));
  const shared = await openSequence(caseId, "shared", served.shared, granted.keys.caseKeys, group);
  const desk = await openSequence(caseId, "desk", served.desk, granted.keys.deskKeys, group);
  const first = shared.entries[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  const [caseHold, doubts] = verifiedHold(served.hold, caseId, shared.entries, group.keys);
  return {
    id: caseId,
    keys: granted.keys,
    inherited: isInherited(granted, group.keys),
    shared: shared.entries,
    desk: desk.entries,
    last: { shared: shared.last, desk: desk.last },
    warnings: [...shared.warnings, ...desk.warnings, ...doubts, ...late(served.expires, first.content.deletion)],
    hold: caseHold,
    progress: progressOf(shared.entries, [], group.keys.members),
    onBehalf: onBehalfOf(first, group),
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
export async function openOwn(served: ServedOwnCase, own: receipt.Receipt, group: VerifiedGroup): Promise<OwnCase> {
  const receiptGrant = await receipt.openGrant(served.receiptGrant, own, served.case);
  const macs = new Map<number, Uint8Array>([[0, unb64(receiptGrant.mac, 32)]]);
  let key: NewestKey = { number: 0, recipient: receiptGrant.recipient, mac: macs.get(0)! };
  const open = async ({ number, file }: StoredEntry): Promise<Entry> => {
    const position = { case: served.case, sequence: "shared" as const, number };
    const opened = await entry.open(file!, position, [own.identity], macs, authorOf(group.keys));
    if (number === 0 && opened.digest !== receiptGrant.request)
      throw new CryptoError("binding", "another request than the receipt's");
    return opened;
  };
  const accept = (accepted: Entry): void => {
    if (accepted.kind !== "keys") return;
    const newKey = acceptKey(accepted.content, macs);
    // Keys from a former member open replies. The requester's next entry is not encrypted to them.
    if (newKey.number > key.number && group.keys.members.has(accepted.author)) key = newKey;
  };
  const { entries, last, hidden, warnings } = await openAll("shared", served.entries, { open, group, accept });
  const [caseHold] = verifiedHold(served.hold, served.case, entries, group.keys);
  const withheld = served.entries.filter(({ file }) => file === null).map(({ number }) => number);
  return {
    grant: receiptGrant,
    entries,
    last,
    key,
    hidden,
    warnings,
    hold: caseHold?.inForce ? caseHold : null,
    progress: progressOf(entries, withheld, group.keys.members),
  };
}

export function requestOf({ shared }: Pick<OpenCase, "shared">): Request {
  const first = shared[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  return first.content;
}

/**
 * Return who wrote a request down for its author. A signature that does not verify counts as none: a requester's forgery
 * must not hide their case.
 */
export function onBehalfOf(first: Entry, group: VerifiedGroup): onBehalf.OnBehalf | null {
  if (first.kind !== "request" || !first.content.on_behalf) return null;
  try {
    const { case: id } = first.position;
    const { member, channel, head } = onBehalf.verify(first.content.on_behalf, id, authorOf(group.keys));
    checkHead({ ...first, author: member, head }, group);
    return { member, channel };
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}

export const macOf = (sequence: Sequence): typeof entry.sharedMacKey =>
  sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey;

async function openSequence(
  caseId: string,
  sequence: Sequence,
  stored: StoredEntry[],
  seeds: Bytes[],
  group: VerifiedGroup,
): Promise<OpenedSequence> {
  const identities = await Promise.all(seeds.map(age.opener));
  const macs = new Map(seeds.map((seed, number) => [number, macOf(sequence)(seed, caseId)]));
  const open = ({ number, file }: StoredEntry): Promise<Entry> =>
    entry.open(file!, { case: caseId, sequence, number }, identities, macs, authorOf(group.keys));
  return openAll(sequence, stored, { open, group, ...(sequence === "shared" ? { needed: 0 } : {}) });
}

/** Accept a later key. The first key with a number counts. */
function acceptKey({ number, recipient, mac }: ContentOf<"keys">, macs: Map<number, Uint8Array>): NewestKey {
  if (macs.has(number)) throw new CryptoError("binding", "a key number that is taken");
  const macKey = unb64(mac, 32);
  macs.set(number, macKey);
  return { number, recipient, mac: macKey };
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
    const signedHold = hold.verify(stored, caseId, authorOf(keys));
    const reason = entries.find((candidate) => candidate.digest === signedHold.entry);
    if (reason?.kind !== "hold" || reason.content.until !== signedHold.until)
      throw new CryptoError("binding", "a hold without its reason");
    if (positionOf(keys, signedHold.head) < positionOf(keys, reason.head))
      throw new CryptoError("binding", "a hold with a head older than its reason's");
    return [
      {
        until: signedHold.until,
        reason: reason.content.text,
        by: signedHold.by,
        inForce: signedHold.inForce,
        body: stored.body,
      },
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
