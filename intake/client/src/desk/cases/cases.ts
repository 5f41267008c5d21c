/** A coordinator's cases: open them, reply, write notes, close them. Cases are decrypted only here. */
import * as protocol from "../../crypto/case/case.js";
import { b64, type Bytes } from "../../crypto/encoding.js";
import type * as entry from "../../crypto/entry.js";
import { type StatusName } from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import { type FollowUp } from "../../crypto/follow_up.js";
import { type CaseKeys } from "../../crypto/grant.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { RECOVERY } from "../../crypto/recovery_key.js";
import { day, file, list, map, maybe, object, text, whole } from "../../crypto/shape.js";
import { Problem, ask, askAgain } from "../../net/api.js";
import { type Member } from "../member/member.js";
import { clearShape, holdersShape, summaryOf } from "./rows.js";

const TRIES = 5; // for an entry whose number a colleague took first

const entriesShape = list(object({ number: whole, digest: text, file }));

const caseShape = object({
  ...clearShape,
  head: text,
  latest_expiry: day,
  draft: file,
  hold: maybe(object({ body: text, signatures: map(text) })),
  grantee: text,
  holders: holdersShape,
  shared: entriesShape,
  desk: entriesShape,
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
  /** The member's own draft, encrypted. Empty if there is none. */
  draft: Bytes;
  /** The day of deletion that the requester chose or was shown. Nothing keeps the case longer. */
  latestExpiry: string;
}

export const requestOf = protocol.requestOf;

export const statusOf = (opened: OpenCase): StatusName =>
  opened.desk.reduce<StatusName>((status, next) => ("status" in next.content ? next.content.status : status), "new");

export const tagsOf = (opened: OpenCase): string[] =>
  opened.desk.reduce<string[]>((tags, next) => ("status" in next.content ? (next.content.tags ?? []) : tags), []);

interface Changed {
  status?: StatusName;
  /** The new follow-up. Null ends the present one. */
  followUp?: FollowUp | null;
  tags?: string[];
}

/**
 * Return the content of a desk entry: what it changes, and what every desk entry repeats, so that the newest entry alone
 * shows the case in the list. The members have the order in which an entry is parsed.
 */
export function deskContent<M extends object>(
  opened: OpenCase,
  more: M,
  { status = statusOf(opened), followUp = followUpOf(opened), tags = tagsOf(opened) }: Changed = {},
): M & entry.ContentOf<"status"> {
  const summary = summaryOf(requestOf(opened), opened.shared[0]!.day, opened.onBehalf);
  return {
    status,
    summary,
    ...more,
    ...(followUp ? { follow_up: followUp } : {}),
    ...(tags.length ? { tags } : {}),
  };
}

export const followUpOf = (opened: OpenCase): FollowUp | null => protocol.followUpOf(opened.desk);

export const draftOf = (opened: OpenCase): string =>
  opened.desk.reduce((latest, next) => (next.kind === "draft" ? next.content.text : latest), "");

/** Open one case without changing anything. */
export async function readCase(me: Member, id: string): Promise<OpenCase> {
  const response = await askAgain("GET", `/api/desk/cases/${encodeURIComponent(id)}`, caseShape);
  // An entry may be signed under a newer head of the key list: fetch the list again.
  if (response.head !== keylist.head(me.group.keys)) await me.refresh();
  const recovering = me.recovery !== null && response.grantee === RECOVERY;
  const reader = {
    grantee: recovering ? RECOVERY : me.id,
    identity: recovering ? me.recovery! : await me.identity(response.epoch),
    group: { keys: me.group.keys, snapshot: me.snapshot, floor: me.seen.get(id) ?? null },
  };
  const opened = await protocol.openCase(id, response, reader);
  if (me.snapshot) me.seen.set(id, protocol.floorOf(opened, me.snapshot));
  return {
    ...opened,
    expires: response.expires,
    open: response.open,
    opened: response.opened,
    sealedBy: response.sealed_by,
    version: response.version,
    latestExpiry: response.latest_expiry,
    draft: response.draft,
    holders: response.holders.map((holder) => holder.member).filter((member) => member !== RECOVERY),
  };
}

/** Return the case under keys that no former member gave. Makes new keys if needed. */
export async function fresh(me: Member, opened: OpenCase): Promise<OpenCase> {
  if (!opened.inherited) return opened;
  await rekey(me, opened, active(me, opened.holders));
  return readCase(me, opened.id);
}

/** Open a case for a person to read, and write for its requester that somebody has read it. */
export async function show(me: Member, id: string): Promise<OpenCase> {
  const opened = await open(me, id);
  return (await writeProgress(me, opened, protocol.stageOf(statusOf(opened)))) ? readCase(me, id) : opened;
}

/** Open a case. The first coordinator to open it makes its desk key and its first status. */
export async function open(me: Member, id: string): Promise<OpenCase> {
  const opened = await fresh(me, await readCase(me, id));
  if (opened.keys.deskKeys.length) return opened;
  try {
    await regrant(me, opened, await protocol.withDeskKey(opened.keys), active(me, opened.holders));
  } catch (error) {
    // A colleague opened the case at the same moment. Their desk key counts.
    if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    return readCase(me, id);
  }
  await write(me, id, "status", (now) => deskContent(now, {}, { status: "new" }));
  return readCase(me, id);
}

export const reply = (me: Member, id: string, text: string): Promise<void> =>
  write(me, id, "message", () => ({ text }));

/** Write a note. It may change the follow-up in the same entry. */
export const note = (me: Member, id: string, text: string, changed: Pick<Changed, "followUp"> = {}): Promise<void> =>
  write(me, id, "note", (now) => deskContent(now, { text }, changed));

export const draft = (me: Member, id: string, text: string): Promise<void> =>
  write(me, id, "draft", (now) => deskContent(now, { text }));

export async function setStatus(me: Member, id: string, status: StatusName): Promise<void> {
  await write(me, id, "status", (now) => deskContent(now, {}, { status }));
  if (protocol.stageOf(status) === "in-progress") await writeProgress(me, await readCase(me, id), "in-progress");
}

/** Set the day on which to return to a case, in place of an earlier one, or end it. */
export const setFollowUp = (me: Member, id: string, followUp: FollowUp | null): Promise<void> =>
  write(me, id, "follow-up", (now) => deskContent(now, {}, { followUp }));

/** Set the status back, unless somebody has changed it since. */
export const restoreStatus = (me: Member, id: string, from: StatusName, to: StatusName): Promise<void> =>
  write(me, id, "status", (now) => (statusOf(now) === from ? deskContent(now, {}, { status: to }) : null));

/**
 * Write the progress of an open case for its requester, if the stage is later than the present one. Returns whether an
 * entry was written. A refusal changes nothing for the coordinator, and the client tries again when they next open the case.
 */
async function writeProgress(me: Member, opened: OpenCase, stage: protocol.WrittenStage): Promise<boolean> {
  const content = (now: OpenCase): entry.ContentOf<"progress"> | null =>
    now.open && (protocol.isLater(stage, now.progress) || (now.progress.stage === "closed" && stage !== "closed"))
      ? { stage }
      : null;
  if (!me.canSign || !content(opened)) return false;
  try {
    await write(me, opened.id, "progress", content);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return false;
  }
}

/** Record in both cases that they belong together. */
export async function match(me: Member, id: string, other: string): Promise<void> {
  for (const [at, to] of [
    [id, other],
    [other, id],
  ] as const) {
    const opened = await open(me, at);
    if (!matchesOf(opened).includes(to)) await write(me, at, "match", (now) => deskContent(now, { other: to }));
  }
}

export const matchesOf = (opened: OpenCase): string[] => [
  ...new Set(opened.desk.flatMap((next) => (next.kind === "match" ? [next.content.other] : []))),
];

/**
 * Make new case and desk keys for later entries, tell the requester in a signed entry, and grant them to these
 * holders alone.
 *
 * Everyone who keeps or writes the case is granted the new keys first, and holders are removed last. A step that
 * fails leaves nobody without keys.
 */
export async function rekey(me: Member, opened: OpenCase, to: string[]): Promise<void> {
  const keys = await protocol.withNewKeys(opened.keys);
  await regrant(me, opened, keys, [...new Set([me.id, ...to])]);
  await write(me, opened.id, "keys", (now) => protocol.keysContent(now.id, now.keys));
  await write(me, opened.id, "status", (now) => deskContent(now, {}));
  if (!to.includes(me.id)) await regrant(me, await readCase(me, opened.id), keys, to);
}

export const active = (me: Member, members: string[]): string[] => members.filter((member) => me.seats.has(member));

/** Tell the requester that their case is closed, and close it. Returns the day on which it expires. */
export async function close(me: Member, opened: OpenCase): Promise<string> {
  await writeProgress(me, opened, "closed");
  return (await ask("POST", `/api/desk/cases/${encodeURIComponent(opened.id)}/close`, object({ expires: day })))
    .expires;
}

/** Open a closed case again, and tell its requester so. */
export async function reopen(me: Member, opened: OpenCase): Promise<void> {
  const address = `/api/desk/cases/${encodeURIComponent(opened.id)}/reopen`;
  await askAgain("POST", address, object({ expires: day }), {});
  await writeProgress(me, await readCase(me, opened.id), protocol.stageOf(statusOf(opened)));
}

export async function regrant(me: Member, opened: OpenCase, keys: CaseKeys, members: string[]): Promise<void> {
  const seats = members.map((member) => {
    const seat = me.seats.get(member);
    if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
    return { member, recipient: seat.recipient };
  });
  const deal = me.counts.recovery_key;
  if (deal) seats.push({ member: RECOVERY, recipient: deal.recipient });
  const grants = (await protocol.sealGrants(opened.id, keys, seats, me.author)).map((sealed) => ({
    ...sealed,
    file: b64(sealed.file),
  }));
  await askAgain("PUT", `/api/desk/cases/${encodeURIComponent(opened.id)}/grants`, object({ version: whole }), {
    version: opened.version,
    grants,
  });
}

/**
 * Write the next entry. If a colleague took the number first, read the case and encrypt again. Nothing is
 * overwritten. `contentOf` returns null if nothing need be written any more.
 *
 * If the answer to an entry was lost, the next attempt looks for it in the case and does not write it a second time.
 */
export async function write<K extends entry.Kind>(
  me: Member,
  id: string,
  kind: K,
  contentOf: (now: OpenCase) => entry.ContentOf<K> | null | Promise<entry.ContentOf<K>>,
): Promise<void> {
  for (let round = 1; ; round++) {
    const opened = await fresh(me, await readCase(me, id));
    const content = await contentOf(opened);
    if (content === null) return;
    const lost = me.unanswered.get(`${id} ${kind}`);
    me.unanswered.delete(`${id} ${kind}`);
    if (lost !== undefined && isStored(me, opened, kind, lost, content)) return;
    const { sequence, number, file } = await protocol.sealNext(opened, kind, content, me.author, me.signingDay);
    try {
      await askAgain("POST", `/api/desk/cases/${encodeURIComponent(id)}/entries`, object({ number: whole }), {
        sequence,
        number,
        file: b64(file),
      });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) {
        me.unanswered.set(`${id} ${kind}`, number);
        throw error;
      }
    }
  }
}

/** Return whether the member's own entry of this number has this content. */
function isStored<K extends entry.Kind>(
  me: Member,
  opened: OpenCase,
  kind: K,
  number: number,
  content: entry.ContentOf<K>,
): boolean {
  return [...opened.shared, ...opened.desk].some(
    (stored) =>
      stored.author === me.id &&
      stored.kind === kind &&
      stored.position.number === number &&
      JSON.stringify(stored.content) === JSON.stringify(content),
  );
}
