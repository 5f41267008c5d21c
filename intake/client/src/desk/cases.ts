/** A coordinator's cases: opened here and nowhere else, answered, noted, shared, handed over, closed. */
import * as age from "../crypto/age.js";
import { b64, type Bytes, has, unb64 } from "../crypto/encoding.js";
import * as entry from "../crypto/entry.js";
import type { Entry, StatusName } from "../crypto/entry.js";
import { CryptoError } from "../crypto/errors.js";
import * as grant from "../crypto/grant.js";
import type { CaseKeys } from "../crypto/grant.js";
import * as hold from "../crypto/hold.js";
import { RECOVERY } from "../crypto/recovery_key.js";
import { day, flag, list, map, maybe, object, text, whole } from "../crypto/shape.js";
import { ask, askAgain, Problem } from "../net.js";
import { t } from "../words.js";
import type { Member } from "./group.js";
import { clearShape, holdersShape, summaryOf } from "./rows.js";

const TRIES = 5; // of an entry whose number a colleague was faster to take
export const SEATS = 2; // coordinators for each case, or as many as there are
const said = list(object({ number: whole, digest: text, file: text }));
const caseShape = object({
  ...clearShape, latest: day, hold: maybe(object({ body: text, signatures: map(text) })), grantee: text, holders: holdersShape, shared: said, desk: said,
});

export interface OpenCase {
  id: string;
  expires: string;
  open: boolean;
  opened: boolean;
  sealedBy: string;
  version: number;
  keys: CaseKeys;
  /** Who holds it: members, those who left as well; the recovery key is not among them. */
  holders: string[];
  shared: Entry[];
  desk: Entry[];
  last: Record<entry.Sequence, { number: number; digest: string }>;
  warnings: ("gap" | "late")[];
  /** The day its requester chose or was told: nothing keeps it longer. */
  latest: string;
  hold: hold.Held | null;
}

export const requestOf = (one: OpenCase): entry.Request => {
  const first = one.shared[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  return first.content;
};

interface FormWords {
  questions: Record<string, string>;
  options: Record<string, Record<string, string>>;
}

/** The group's forms of today, in this desk's language. */
const formWords = JSON.parse(document.getElementById("form")?.textContent || "{}") as Record<string, FormWords>;

/** A record's own value: ids come from requesters, who may name what every object has. */
const own = <T>(record: Record<string, T> | undefined, id: string): T | undefined => (record && has(record, id) ? record[id] : undefined);

/**
 * A request's answers in the words of this desk's language where form, question and option still are what they were, else as they
 * were read. Words that the form of today does not have are marked: whoever wrote the request could have chosen them.
 */
export function answersOf(request: entry.Request): entry.Request["answers"] {
  const form = own(formWords, request.form);
  return request.answers.map((answer) => ({
    ...answer,
    text: own(form?.questions, answer.question) ?? t("As it was asked then: “%(question)s”", { question: answer.text }),
    labels: answer.labels.map((label, i) => own(own(form?.options, answer.question), answer.values[i] ?? "") ?? `“${label}”`),
  }));
}

/** An option in this desk's language, of whichever form. */
export const optionInWords = (id: string): string =>
  Object.values(formWords).flatMap((form) => Object.values(form.options)).find((options) => has(options, id))?.[id] ?? id;

/** What requests may be assigned and matched by. */
export const kindsOfHelp = (): string[] => [...new Set(Object.values(formWords).flatMap((form) => Object.keys(form.options["kinds"] ?? {})))];

export const statusOf = (one: OpenCase): StatusName =>
  one.desk.reduce<StatusName>((found, next) => ("status" in next.content ? next.content.status : found), "new");

/** What every desk entry says again, so that the newest alone shows the case in the list. */
const standing = (one: OpenCase): { status: StatusName; summary: entry.Summary } => ({ status: statusOf(one), summary: summaryOf(requestOf(one), one.shared[0]!.day) });

export const draftOf = (one: OpenCase): string =>
  one.desk.reduce((found, next) => (next.kind === "draft" ? next.content.text : found), "");

/** One case, opened; nothing is changed. */
export async function look(me: Member, id: string): Promise<OpenCase> {
  const told = await askAgain("GET", `/api/desk/cases/${encodeURIComponent(id)}`, caseShape);
  if (told.case !== id) throw new CryptoError("binding", "another case than was asked for");
  const opener = told.grantee === RECOVERY ? me.recovery : await me.identity(told.epoch);
  if (!opener || (told.grantee !== RECOVERY && told.grantee !== me.id)) throw new CryptoError("binding", "a grant to someone else");
  const keys = await grant.open(unb64(told.grant), { case: id, grantee: told.grantee, epoch: told.epoch }, [opener], me.keyOf);
  const warnings = new Set<"gap" | "late">();
  const read = async (sequence: entry.Sequence, seeds: Bytes[], macOf: typeof entry.sharedMacKey): Promise<Entry[]> => {
    const identities = await Promise.all(seeds.map(age.opener));
    const macs = seeds.map((seed) => macOf(seed, id));
    const found: Entry[] = [];
    for (const { number, file } of told[sequence]) {
      try {
        found.push(await entry.open(unb64(file), { case: id, sequence, number }, identities, macs, me.keyOf));
      } catch (error) {
        if (!(error instanceof CryptoError) || (sequence === "shared" && number === 0)) throw error;
        warnings.add("gap");
      }
    }
    const digests = new Map(told[sequence].map((one) => [one.number, one.digest]));
    if (entry.checkSequence(found, digests).length) warnings.add("gap");
    return found;
  };
  const last = (sequence: entry.Sequence): { number: number; digest: string } =>
    told[sequence].reduce((newest, one) => (one.number > newest.number ? one : newest), { number: -1, digest: "" });
  const opened: OpenCase = {
    id, expires: told.expires, open: told.open, opened: told.opened, sealedBy: told.sealed_by, version: told.version, keys,
    holders: told.holders.map((one) => one.member).filter((member) => member !== RECOVERY),
    shared: await read("shared", keys.caseKeys, entry.sharedMacKey),
    desk: await read("desk", keys.deskKeys, entry.deskMacKey),
    last: { shared: last("shared"), desk: last("desk") },
    warnings: [], latest: told.latest, hold: null,
  };
  if (told.hold) {
    try {
      opened.hold = hold.withReason(told.hold, id, opened.shared, me.keyOf);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      warnings.add("gap");
    }
  }
  if (told.expires > requestOf(opened).deletion) warnings.add("late");
  return { ...opened, warnings: [...warnings] };
}

/** Ask to keep the case until a day even when it is closed: a colleague has to sign the same. */
export async function proposeHold(me: Member, id: string, until: string, reason: string): Promise<void> {
  await write(me, id, "hold", () => ({ text: reason, until }));
  const one = await look(me, id);
  const own = one.shared.filter((next) => next.kind === "hold" && next.author === me.id).at(-1);
  if (own?.kind !== "hold") throw new CryptoError("binding", "the reason was not kept");
  await signHold(me, id, hold.bodyOf(id, until, own.digest));
}

/** Sign a hold as it was proposed. */
export async function signHold(me: Member, id: string, body: string): Promise<void> {
  await ask("POST", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ until: text }), { body, signature: hold.sign(body, me.author) });
}

export async function endHold(id: string): Promise<void> {
  await ask("DELETE", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ ended: flag }));
}

/** One case; the first to open it makes its desk key and its first status. */
export async function open(me: Member, id: string): Promise<OpenCase> {
  const opened = await look(me, id);
  if (opened.keys.deskKeys.length) return opened;
  const deskKey = age.seedOf(await age.newIdentity());
  try {
    await regrant(me, opened, { ...opened.keys, deskKeys: [deskKey] }, active(me, opened.holders));
  } catch (error) {
    // A colleague opened it at the same moment: theirs is the desk key.
    if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    return look(me, id);
  }
  await setStatus(me, id, "new");
  return look(me, id);
}

export const reply = (me: Member, id: string, text: string): Promise<void> => write(me, id, "message", () => ({ text }));
export const note = (me: Member, id: string, text: string): Promise<void> => write(me, id, "note", (now) => ({ ...standing(now), text }));
export const draft = (me: Member, id: string, text: string): Promise<void> => write(me, id, "draft", (now) => ({ ...standing(now), text }));
export const setStatus = (me: Member, id: string, status: StatusName): Promise<void> =>
  write(me, id, "status", (now) => ({ ...standing(now), status }));

/** Say in both cases that one is the other's offer or need. */
export async function match(me: Member, id: string, other: string): Promise<void> {
  for (const [at, to] of [[id, other], [other, id]] as const) {
    const one = await open(me, at);
    if (!matchesOf(one).includes(to)) await write(me, at, "match", (now) => ({ ...standing(now), other: to }));
  }
}

export const matchesOf = (one: OpenCase): string[] =>
  [...new Set(one.desk.flatMap((next) => (next.kind === "match" ? [next.content.other] : [])))];

/** Give a colleague the case's keys as well. */
export const share = (me: Member, one: OpenCase, colleague: string): Promise<void> =>
  regrant(me, one, one.keys, [...new Set([...active(me, one.holders), colleague])]);

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
export const relieve = (me: Member, one: OpenCase): Promise<void> => {
  const holders = active(me, one.holders);
  return regrant(me, one, one.keys, [...holders, ...leastBusy(me, holders).slice(0, 1)]);
};

/**
 * New case and desk keys for what comes later, told to the requester in a signed entry, and from then on these holders alone.
 * Everyone who is to keep or write it is granted the new keys first and goes last, so that a step that fails leaves nobody without.
 */
export async function rekey(me: Member, one: OpenCase, to: string[]): Promise<void> {
  const fresh = await age.newIdentity();
  const keys = {
    caseKeys: [...one.keys.caseKeys, age.seedOf(fresh)],
    deskKeys: [...one.keys.deskKeys, age.seedOf(await age.newIdentity())],
  };
  await regrant(me, one, keys, [...new Set([me.id, ...to])]);
  const mac = b64(entry.sharedMacKey(keys.caseKeys.at(-1)!, one.id));
  await write(me, one.id, "keys", () => ({ number: keys.caseKeys.length - 1, recipient: fresh.recipient, mac }));
  await write(me, one.id, "status", standing);
  if (!to.includes(me.id)) await regrant(me, await look(me, one.id), keys, to);
}

/** Grant the case to the present recovery key. */
export async function moveRecovery(me: Member, one: OpenCase): Promise<void> {
  const deal = me.counts.deal!;
  const address = { case: one.id, grantee: RECOVERY, epoch: deal.id };
  const file = b64(await grant.seal(address, one.keys, deal.recipient, me.author));
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/recovery`, object({ version: whole }), { version: one.version, epoch: deal.id, file });
}

const active = (me: Member, members: string[]): string[] => members.filter((member) => me.seats.has(member));

/** Colleagues who could take a case, fewest open cases first. */
export const leastBusy = (me: Member, but: string[]): string[] =>
  [...me.seats.keys()].filter((member) => !but.includes(member) && !me.counts.inactive.includes(member))
    .sort((a, b) => (me.counts.open[a] ?? 0) - (me.counts.open[b] ?? 0) || (a < b ? -1 : 1));

/** Close; the day on which it goes. */
export async function close(one: OpenCase): Promise<string> {
  return (await ask("POST", `/api/desk/cases/${encodeURIComponent(one.id)}/close`, object({ expires: day }))).expires;
}

async function regrant(me: Member, one: OpenCase, keys: CaseKeys, members: string[]): Promise<void> {
  const grants = await Promise.all(members.map(async (member) => {
    const seat = me.seats.get(member);
    if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
    const file = await grant.seal({ case: one.id, grantee: member, epoch: seat.epoch }, keys, seat.recipient, me.author);
    return { member, epoch: seat.epoch, file: b64(file) };
  }));
  const { deal } = me.counts;
  if (deal) {
    const file = await grant.seal({ case: one.id, grantee: RECOVERY, epoch: deal.id }, keys, deal.recipient, me.author);
    grants.push({ member: RECOVERY, epoch: deal.id, file: b64(file) });
  }
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/grants`, object({ version: whole }), { version: one.version, grants });
}

/** Write the next entry. When a colleague was faster, look what they wrote and seal again: nothing is overwritten. */
async function write<K extends entry.Kind>(
  me: Member, id: string, kind: K, contentOf: (now: OpenCase) => entry.ContentOf<K>,
): Promise<void> {
  for (let round = 1; ; round++) {
    const one = await look(me, id);
    try {
      return await writeOnce(me, one, kind, contentOf(one));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
    }
  }
}

async function writeOnce<K extends entry.Kind>(me: Member, one: OpenCase, kind: K, content: entry.ContentOf<K>): Promise<void> {
  const sequence: entry.Sequence = kind === "message" || kind === "keys" || kind === "hold" ? "shared" : "desk";
  const seeds = sequence === "shared" ? one.keys.caseKeys : one.keys.deskKeys;
  // A `keys` entry is read with key number 0's MAC alone: docs/format.md, Entry.
  const key = kind === "keys" ? 0 : seeds.length - 1;
  const recipients = [(await age.identityFromSeed(seeds.at(-1)!)).recipient];
  if (sequence === "shared") recipients.push(requestOf(one).recipients.receipt);
  const macKey = (sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey)(seeds[key]!, one.id);
  const { number, digest } = one.last[sequence];
  const file = await entry.seal({
    place: { case: one.id, sequence, number: number + 1 },
    kind, content, day: me.signingDay, previous: digest, recipients, macKey, key, author: me.author,
  });
  await askAgain("POST", `/api/desk/cases/${encodeURIComponent(one.id)}/entries`, object({ number: whole }), { sequence, number: number + 1, file: b64(file) });
}
