/** A coordinator's cases: opened here and nowhere else, answered, noted, shared, handed over, closed. */
import * as protocol from "../../crypto/case/case.js";
import { b64, has } from "../../crypto/encoding.js";
import type * as entry from "../../crypto/entry.js";
import type { StatusName } from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import type { CaseKeys } from "../../crypto/grant.js";
import * as hold from "../../crypto/hold.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { RECOVERY } from "../../crypto/recovery_key.js";
import { day, flag, list, map, maybe, object, text, whole } from "../../crypto/shape.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import { t } from "../../page/i18n.js";
import type { Member } from "../member/member.js";
import { clearShape, holdersShape, summaryOf } from "./rows.js";

const TRIES = 5; // of an entry whose number a colleague was faster to take
export const SEATS = 2; // coordinators for each case, or as many as there are
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

interface FormWords {
  questions: Record<string, string>;
  options: Record<string, Record<string, string>>;
}

/** The group's forms of today, in this desk's language. */
const formWords = JSON.parse(document.getElementById("form")?.textContent || "{}") as Record<string, FormWords>;

/** A record's own value: ids come from requesters, who may name what every object has. */
const own = <T>(record: Record<string, T> | undefined, id: string): T | undefined =>
  record && has(record, id) ? record[id] : undefined;

/**
 * A request's answers in the words of this desk's language where form, question and option still are what they were, else as they
 * were read. Words that the form of today does not have are marked: whoever wrote the request could have chosen them.
 */
export function answersOf(request: entry.Request): entry.Request["answers"] {
  const form = own(formWords, request.form);
  return request.answers.map((answer) => ({
    ...answer,
    text: own(form?.questions, answer.question) ?? t("As it was asked then: “%(question)s”", { question: answer.text }),
    labels: answer.labels.map(
      (label, i) => own(own(form?.options, answer.question), answer.values[i] ?? "") ?? `“${label}”`,
    ),
  }));
}

/** An option in this desk's language, of whichever form. */
export const optionInWords = (id: string): string =>
  Object.values(formWords)
    .flatMap((form) => Object.values(form.options))
    .find((options) => has(options, id))?.[id] ?? id;

/** What requests may be assigned and matched by. */
export const kindsOfHelp = (): string[] => [
  ...new Set(Object.values(formWords).flatMap((form) => Object.keys(form.options["kinds"] ?? {}))),
];

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
async function fresh(me: Member, one: OpenCase): Promise<OpenCase> {
  if (!one.inherited) return one;
  await rekey(me, one, active(me, one.holders));
  return look(me, one.id);
}

/** Ask to keep the case until a day even when it is closed: a colleague has to sign the same. */
export async function proposeHold(me: Member, id: string, until: string, reason: string): Promise<void> {
  await write(me, id, "hold", () => ({ text: reason, until }));
  const one = await look(me, id);
  const written = one.shared.filter((next) => next.kind === "hold" && next.author === me.id).at(-1);
  if (written?.kind !== "hold") throw new CryptoError("binding", "the reason was not kept");
  await signHold(me, id, hold.bodyOf(id, until, written.digest, me.author.head));
}

/** Agree with a hold as it was proposed by someone who is a member now. */
export async function agreeToHold(me: Member, one: OpenCase): Promise<void> {
  if (!one.hold || !one.hold.by.every((member) => me.group.keys.members.has(member)))
    throw new CryptoError("signature", "a hold by someone who has left");
  await signHold(me, one.id, one.hold.body);
}

async function signHold(me: Member, id: string, body: string): Promise<void> {
  await ask("POST", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ until: text }), {
    body,
    signature: hold.sign(body, me.author),
  });
}

export async function endHold(id: string): Promise<void> {
  await ask("DELETE", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ ended: flag }));
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

/** Give a colleague the case's keys as well. */
export async function share(me: Member, one: OpenCase, colleague: string): Promise<void> {
  const mine = await fresh(me, one);
  await regrant(me, mine, mine.keys, [...new Set([...active(me, mine.holders), colleague])]);
}

/** Give the case to a colleague and let go of it. */
export const handOver = (me: Member, one: OpenCase, colleague: string): Promise<void> =>
  rekey(me, one, [...one.holders.filter((member) => member !== me.id && member !== colleague), colleague]);

/** "I can no longer help": whoever else has it keeps it; where nobody has, the colleague with the fewest cases gets it. */
export async function sendBack(me: Member, one: OpenCase): Promise<void> {
  const others = active(me, one.holders).filter((member) => member !== me.id);
  const to = others.length ? others : leastBusy(me, [me.id]).slice(0, 1);
  if (!to.length) throw new CryptoError("statement", "nobody else can take it");
  await rekey(me, one, to);
}

/** Someone who held this case has left: new keys, for those who remain and for one more where only one does. */
export async function closeRanks(me: Member, one: OpenCase): Promise<void> {
  const left = active(me, one.holders);
  await rekey(me, one, [...left, ...leastBusy(me, left).slice(0, SEATS - left.length)]);
}

/** Nobody has opened it for days: one more colleague gets it. It stays unopened, and waiting, until someone reads it. */
export async function relieve(me: Member, one: OpenCase): Promise<void> {
  const mine = await fresh(me, one);
  const holders = active(me, mine.holders);
  await regrant(me, mine, mine.keys, [...holders, ...leastBusy(me, holders).slice(0, 1)]);
}

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

/** Grant the case to the present recovery key. */
export async function moveRecovery(me: Member, one: OpenCase): Promise<void> {
  const deal = me.counts.deal!;
  const mine = await fresh(me, one);
  const [sealed] = await protocol.sealGrants(
    mine.id,
    mine.keys,
    [{ member: RECOVERY, recipient: deal.recipient }],
    me.author,
  );
  const body = { version: mine.version, epoch: deal.id, file: b64(sealed!.file) };
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/recovery`, object({ version: whole }), body);
}

const active = (me: Member, members: string[]): string[] => members.filter((member) => me.seats.has(member));

/** Colleagues who could take a case, fewest open cases first. */
export const leastBusy = (me: Member, but: string[]): string[] =>
  [...me.seats.keys()]
    .filter((member) => !but.includes(member) && !me.counts.inactive.includes(member))
    .sort((a, b) => (me.counts.open[a] ?? 0) - (me.counts.open[b] ?? 0) || (a < b ? -1 : 1));

/** Close; the day on which it goes. */
export async function close(one: OpenCase): Promise<string> {
  return (await ask("POST", `/api/desk/cases/${encodeURIComponent(one.id)}/close`, object({ expires: day }))).expires;
}

async function regrant(me: Member, one: OpenCase, keys: CaseKeys, members: string[]): Promise<void> {
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
async function write<K extends entry.Kind>(
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
