/** A coordinator's cases: open them, reply, write notes, close them. Cases are decrypted only here. */
import * as protocol from "../../crypto/case/case.js";
import { b64 } from "../../crypto/encoding.js";
import type * as entry from "../../crypto/entry.js";
import { type StatusName } from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import { type CaseKeys } from "../../crypto/grant.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { RECOVERY } from "../../crypto/recovery_key.js";
import { day, list, map, maybe, object, text, whole } from "../../crypto/shape.js";
import { Problem, ask, askAgain } from "../../net/api.js";
import { type Member } from "../member/member.js";
import { clearShape, holdersShape, summaryOf } from "./rows.js";

const TRIES = 5; // for an entry whose number a colleague took first

const said = list(object({ number: whole, digest: text, file: text }));

const caseShape = object({
  ...clearShape,
  head: text,
  latest: day,
  hold: maybe(object({ body: text, signatures: map(text) })),
  grantee: text,
  holders: holdersShape,
  shared: said,
  desk: said,
});

/** An opened and verified case, with the clear columns from the server. */
export interface OpenCase extends protocol.OpenCase {
  expires: string;
  open: boolean;
  opened: boolean;
  sealedBy: string;
  version: number;
  /** The members who hold the case, former members included. The recovery key is not in this list. */
  holders: string[];
  /** The day that its requester chose or was told. Nothing keeps the case longer. */
  latest: string;
}

export const requestOf = protocol.requestOf;

export const statusOf = (one: OpenCase): StatusName =>
  one.desk.reduce<StatusName>((found, next) => ("status" in next.content ? next.content.status : found), "new");

/** The summary that every desk entry repeats, so that the newest entry alone shows the case in the list. */
const standing = (one: OpenCase): { status: StatusName; summary: entry.Summary } => ({
  status: statusOf(one),
  summary: summaryOf(requestOf(one), one.shared[0]!.day),
});

export const draftOf = (one: OpenCase): string =>
  one.desk.reduce((found, next) => (next.kind === "draft" ? next.content.text : found), "");

/** Open one case without changing anything. */
export async function look(me: Member, id: string): Promise<OpenCase> {
  const told = await askAgain("GET", `/api/desk/cases/${encodeURIComponent(id)}`, caseShape);
  // An entry may be signed under a newer head of the key list: fetch the list again.
  if (told.head !== keylist.head(me.group.keys)) await me.refresh();
  const recovering = me.recovery !== null && told.grantee === RECOVERY;
  const reader = {
    grantee: recovering ? RECOVERY : me.id,
    identity: recovering ? me.recovery! : await me.identity(told.epoch),
    known: { keys: me.group.keys, snapshot: me.snapshot, floor: me.seen.get(id) ?? null },
  };
  const opened = await protocol.openCase(id, told, reader);
  if (me.snapshot) me.seen.set(id, protocol.floorOf(opened, me.snapshot));
  return {
    ...opened,
    expires: told.expires,
    open: told.open,
    opened: told.opened,
    sealedBy: told.sealed_by,
    version: told.version,
    latest: told.latest,
    holders: told.holders.map((one) => one.member).filter((member) => member !== RECOVERY),
  };
}

/** Return the case under keys that no former member gave. Makes new keys if needed. */
export async function fresh(me: Member, one: OpenCase): Promise<OpenCase> {
  if (!one.inherited) return one;
  await rekey(me, one, active(me, one.holders));
  return look(me, one.id);
}

/** Open a case. The first coordinator to open it makes its desk key and its first status. */
export async function open(me: Member, id: string): Promise<OpenCase> {
  const opened = await fresh(me, await look(me, id));
  if (opened.keys.deskKeys.length) return opened;
  try {
    await regrant(me, opened, await protocol.withDeskKey(opened.keys), active(me, opened.holders));
  } catch (error) {
    // A colleague opened the case at the same moment. Their desk key counts.
    if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    return look(me, id);
  }
  await setStatus(me, id, "new");
  return look(me, id);
}

export const reply = (me: Member, id: string, text: string): Promise<void> =>
  write(me, id, "message", () => ({ text }));

export const note = (me: Member, id: string, text: string): Promise<void> =>
  write(me, id, "note", (now) => ({ ...standing(now), text }));

export const draft = (me: Member, id: string, text: string): Promise<void> =>
  write(me, id, "draft", (now) => ({ ...standing(now), text }));

export const setStatus = (me: Member, id: string, status: StatusName): Promise<void> =>
  write(me, id, "status", (now) => ({ ...standing(now), status }));

/** Record in both cases that they belong together. */
export async function match(me: Member, id: string, other: string): Promise<void> {
  for (const [at, to] of [
    [id, other],
    [other, id],
  ] as const) {
    const one = await open(me, at);
    if (!matchesOf(one).includes(to)) await write(me, at, "match", (now) => ({ ...standing(now), other: to }));
  }
}

export const matchesOf = (one: OpenCase): string[] => [
  ...new Set(one.desk.flatMap((next) => (next.kind === "match" ? [next.content.other] : []))),
];

/** Replace keys that a former member gave. The present holders keep the case under new keys. */
export async function reclaim(me: Member, one: OpenCase): Promise<void> {
  await fresh(me, one);
}

/**
 * Make new case and desk keys for later entries, tell the requester in a signed entry, and grant them to these
 * holders alone.
 *
 * Everyone who keeps or writes the case is granted the new keys first, and holders are removed last. A step that
 * fails leaves nobody without keys.
 */
export async function rekey(me: Member, one: OpenCase, to: string[]): Promise<void> {
  const keys = await protocol.withNewKeys(one.keys);
  await regrant(me, one, keys, [...new Set([me.id, ...to])]);
  await write(me, one.id, "keys", (now) => protocol.keysContent(now.id, now.keys));
  await write(me, one.id, "status", standing);
  if (!to.includes(me.id)) await regrant(me, await look(me, one.id), keys, to);
}

export const active = (me: Member, members: string[]): string[] => members.filter((member) => me.seats.has(member));

/** Close a case. Returns the day on which it expires. */
export async function close(one: OpenCase): Promise<string> {
  return (await ask("POST", `/api/desk/cases/${encodeURIComponent(one.id)}/close`, object({ expires: day }))).expires;
}

export async function regrant(me: Member, one: OpenCase, keys: CaseKeys, members: string[]): Promise<void> {
  const seats = members.map((member) => {
    const seat = me.seats.get(member);
    if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
    return { member, recipient: seat.recipient };
  });
  const { deal } = me.counts;
  if (deal) seats.push({ member: RECOVERY, recipient: deal.recipient });
  const grants = (await protocol.sealGrants(one.id, keys, seats, me.author)).map((sealed) => ({
    ...sealed,
    file: b64(sealed.file),
  }));
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/grants`, object({ version: whole }), {
    version: one.version,
    grants,
  });
}

/**
 * Write the next entry. If a colleague took the number first, read the case and encrypt again. Nothing is
 * overwritten.
 */
export async function write<K extends entry.Kind>(
  me: Member,
  id: string,
  kind: K,
  contentOf: (now: OpenCase) => entry.ContentOf<K> | Promise<entry.ContentOf<K>>,
): Promise<void> {
  for (let round = 1; ; round++) {
    const one = await fresh(me, await look(me, id));
    const { sequence, number, file } = await protocol.sealNext(
      one,
      kind,
      await contentOf(one),
      me.author,
      me.signingDay,
    );
    try {
      await askAgain("POST", `/api/desk/cases/${encodeURIComponent(id)}/entries`, object({ number: whole }), {
        sequence,
        number,
        file: b64(file),
      });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
    }
  }
}
