/** Encrypt the parts of a case: the request, grants and later entries. docs/reference/format.md, The case. */
import * as age from "../age/age.js";
import { type Bytes, b64 } from "../encoding.js";
import * as entry from "../entry.js";
import { type ContentOf, type Kind, type Request, type Sequence } from "../entry.js";
import * as grant from "../grant.js";
import { type CaseKeys } from "../grant.js";
import * as receipt from "../receipt.js";
import { type CaseAuthor, digest } from "../signing.js";
import { type OpenCase, type OwnCase, macOf, requestOf } from "./open.js";

/** A member or the recovery key, and the key for grants to them. */
export interface Seat {
  member: string;
  recipient: string;
}

export interface SealedGrant {
  member: string;
  epoch: string;
  file: Bytes;
}

/** An encrypted new case. */
export interface NewCase {
  case: string;
  request: Bytes;
  receiptGrant: Bytes;
  grants: SealedGrant[];
  deletion: string;
  shown: boolean;
}

/** An encrypted entry, with its position. */
export interface Next {
  sequence: Sequence;
  number: number;
  file: Bytes;
}

/**
 * Encrypt a request under a new case key, to its receipt and to the seats: members, and the recovery key if there is
 * one.
 */
export async function sealNew(
  caseId: string,
  content: Omit<Request, "recipients">,
  forReceipt: string,
  seats: Seat[],
  day: string,
): Promise<NewCase> {
  const key = await age.newIdentity();
  const macKey = entry.sharedMacKey(age.seedOf(key), caseId);
  const { shown, deletion } = content;
  const file = await entry.seal({
    position: { case: caseId, sequence: "shared", number: 0 },
    kind: "request",
    content: { ...content, recipients: { case: key.recipient, receipt: forReceipt } },
    day,
    previous: "",
    recipients: readers(shown, key.recipient, forReceipt),
    macKey,
  });
  const receiptGrant = {
    case: caseId,
    recipient: key.recipient,
    mac: b64(macKey),
    request: digest(file),
    shown,
    deletion,
  };
  return {
    case: caseId,
    request: file,
    receiptGrant: await receipt.sealGrant(receiptGrant, forReceipt),
    grants: await sealGrants(caseId, { caseKeys: [age.seedOf(key)], deskKeys: [] }, seats),
    deletion,
    shown,
  };
}

/** Encrypt the keys of a case to each of the seats. Grants from the desk are signed. */
export const sealGrants = (
  caseId: string,
  keys: CaseKeys,
  seats: Seat[],
  author?: CaseAuthor,
): Promise<SealedGrant[]> =>
  Promise.all(
    seats.map(async ({ member, recipient }) => {
      const epoch = age.recipientId(recipient);
      return {
        member,
        epoch,
        file: await grant.seal({ case: caseId, grantee: member, epoch }, keys, recipient, author),
      };
    }),
  );

const newSeed = async (): Promise<Bytes> => age.seedOf(await age.newIdentity());

/** Add a new case key and a new desk key for later entries: for a hand-over, or after a member has left. */
export const withNewKeys = async ({ caseKeys, deskKeys }: CaseKeys): Promise<CaseKeys> => ({
  caseKeys: [...caseKeys, await newSeed()],
  deskKeys: [...deskKeys, await newSeed()],
});

/** Add the first desk key, which the first coordinator to open a case makes. */
export const withDeskKey = async ({ caseKeys, deskKeys }: CaseKeys): Promise<CaseKeys> => ({
  caseKeys,
  deskKeys: [...deskKeys, await newSeed()],
});

/** Return the content of a `keys` entry, from which the holder of the receipt learns the newest case key. */
export async function keysContent(caseId: string, { caseKeys }: CaseKeys): Promise<ContentOf<"keys">> {
  const newest = caseKeys.at(-1)!;
  const { recipient } = await age.identityFromSeed(newest);
  return { number: caseKeys.length - 1, recipient, mac: b64(entry.sharedMacKey(newest, caseId)) };
}

/** Encrypt a member's next entry. */
export async function sealNext<K extends Kind>(
  opened: OpenCase,
  kind: K,
  content: ContentOf<K>,
  author: CaseAuthor,
  day: string,
): Promise<Next> {
  if (opened.inherited) throw new Error("keys of someone who has left: the case needs new ones first");
  const sequence = entry.SEQUENCE_OF[kind];
  const seeds = sequence === "shared" ? opened.keys.caseKeys : opened.keys.deskKeys;
  const recipients = [(await age.identityFromSeed(seeds.at(-1)!)).recipient];
  if (sequence === "shared") recipients.push(requestOf(opened).recipients.receipt);
  // The holder of a receipt has only the MAC key of key number 0 when they read a `keys` entry.
  const key = kind === "keys" ? 0 : seeds.length - 1;
  const last = opened.last[sequence];
  const number = last.number + 1;
  const file = await entry.seal({
    position: { case: opened.id, sequence, number },
    kind,
    content,
    day,
    previous: last.digest,
    recipients,
    macKey: macOf(sequence)(seeds[key]!, opened.id),
    key,
    author,
  });
  return { sequence, number, file };
}

/** Encrypt the requester's next entry. `by` is the receipt's recipient. */
export async function sealOwnNext(
  opened: OwnCase,
  by: string,
  kind: "message" | "correction",
  words: string,
  day: string,
): Promise<Next> {
  const { grant: receiptGrant, key, last } = opened;
  const number = last.number + 1;
  const file = await entry.seal({
    position: { case: receiptGrant.case, sequence: "shared", number },
    kind,
    content: { text: words },
    day,
    previous: last.digest,
    key: key.number,
    macKey: key.mac,
    recipients: readers(receiptGrant.shown, key.recipient, by),
  });
  return { sequence: "shared", number, file };
}

const readers = (shown: boolean, ofCase: string, ofReceipt: string): string[] =>
  shown ? [ofCase, ofReceipt] : [ofCase];
