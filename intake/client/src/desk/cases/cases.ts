/** A coordinator's cases: opened here and nowhere else, answered, noted, closed. */
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

const TRIES = 5; // of an entry whose number a colleague was faster to take

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

/** A case as it was opened and verified, with the clear columns that the server told. */
export interface OpenCase extends protocol.OpenCase {
  expires: string;
  open: boolean;
  opened: boolean;
  sealedBy: string;
  version: number;
  /** Who holds it: members, those who left as well; the recovery key is not among them. */
  holders: string[];
  /** The day its requester chose or was told: nothing keeps it longer. */
  latest: string;
}

export const requestOf = protocol.requestOf;

export const statusOf = (one: OpenCase): StatusName =>
  one.desk.reduce<StatusName>((found, next) => ("status" in next.content ? next.content.status : found), "new");

/** What every desk entry says again, so that the newest alone shows the case in the list. */
const standing = (one: OpenCase): { status: StatusName; summary: entry.Summary } => ({
  status: statusOf(one),
  summary: summaryOf(requestOf(one), one.shared[0]!.day),
});

export const draftOf = (one: OpenCase): string =>
  one.desk.reduce((found, next) => (next.kind === "draft" ? next.content.text : found), "");

/** One case, opened; nothing is changed. */
export async function look(me: Member, id: string): Promise<OpenCase> {
  const told = await askAgain("GET", `/api/desk/cases/${encodeURIComponent(id)}`, caseShape);
  // Signed under an entry of the key list that was not there yet: the list is asked for again.
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

/** The case under keys that nobody who has left gave: new ones are made if need be. */
export async function fresh(me: Member, one: OpenCase): Promise<OpenCase> {
  if (!one.inherited) return one;
  await rekey(me, one, active(me, one.holders));
  return look(me, one.id);
}

/** One case; the first to open it makes its desk key and its first status. */
export async function open(me: Member, id: string): Promise<OpenCase> {
  const opened = await fresh(me, await look(me, id));
  if (opened.keys.deskKeys.length) return opened;
  try {
    await regrant(me, opened, await protocol.withDeskKey(opened.keys), active(me, opened.holders));
  } catch (error) {
    // A colleague opened it at the same moment: theirs is the desk key.
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

/** Say in both cases that one is the other's offer or need. */
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

/** The keys came from someone who has left: those who hold the case go on under new ones. */
export async function reclaim(me: Member, one: OpenCase): Promise<void> {
  await fresh(me, one);
}

/**
 * New case and desk keys for what comes later, told to the requester in a signed entry, and from then on these holders alone.
 * Everyone who is to keep or write it is granted the new keys first and goes last, so that a step that fails leaves nobody without.
 */
export async function rekey(me: Member, one: OpenCase, to: string[]): Promise<void> {
  const keys = await protocol.withNewKeys(one.keys);
  await regrant(me, one, keys, [...new Set([me.id, ...to])]);
  await write(me, one.id, "keys", (now) => protocol.keysTold(now.id, now.keys));
  await write(me, one.id, "status", standing);
  if (!to.includes(me.id)) await regrant(me, await look(me, one.id), keys, to);
}

export const active = (me: Member, members: string[]): string[] => members.filter((member) => me.seats.has(member));

/** Close; the day on which it goes. */
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

/** Write the next entry. When a colleague was faster, look what they wrote and seal again: nothing is overwritten. */
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
