/** A coordinator's cases: opened here and nowhere else, answered, noted, shared, handed over, closed. */
import * as age from "../crypto/age.js";
import { b64, type Bytes, unb64 } from "../crypto/encoding.js";
import * as entry from "../crypto/entry.js";
import type { Entry, StatusName } from "../crypto/entry.js";
import { CryptoError } from "../crypto/errors.js";
import * as grant from "../crypto/grant.js";
import type { CaseKeys } from "../crypto/grant.js";
import { day, flag, list, object, text, whole } from "../crypto/shape.js";
import { ask, askAgain } from "../net.js";
import type { Member } from "./group.js";

const AT_ONCE = 6; // cases fetched and opened side by side
const LINE = 400; // characters of a request that the list can show and search
const clear = { case: text, expires: day, open: flag, opened: flag, sealed_by: text, version: whole, epoch: text, grant: text };
const listShape = object({ cases: list(object(clear)), unreadable: whole });
const said = list(object({ number: whole, digest: text, file: text }));
const caseShape = object({ ...clear, holders: list(object({ member: text, epoch: text })), shared: said, desk: said });

export interface OpenCase {
  id: string;
  expires: string;
  open: boolean;
  opened: boolean;
  sealedBy: string;
  version: number;
  keys: CaseKeys;
  holders: string[];
  shared: Entry[];
  desk: Entry[];
  last: Record<entry.Sequence, { number: number; digest: string }>;
  warnings: ("gap" | "late")[];
}

export const requestOf = (one: OpenCase): entry.Request => {
  const first = one.shared[0];
  if (first?.kind !== "request") throw new CryptoError("binding", "a case without its request");
  return first.content;
};

const formWords = JSON.parse(document.getElementById("form")?.textContent || '{"id":""}') as {
  id: string; questions: Record<string, string>; options: Record<string, string>;
};

/** A request's answers in the words of this desk's language where the form is known, else as they were asked. */
export function answersOf(request: entry.Request): entry.Request["answers"] {
  if (request.form !== formWords.id) return request.answers;
  return request.answers.map((answer) => ({
    ...answer,
    text: formWords.questions[answer.question] ?? answer.text,
    labels: answer.labels.map((label, i) => formWords.options[answer.values[i] ?? ""] ?? label),
  }));
}

export const statusOf = (one: OpenCase): StatusName =>
  one.desk.reduce<StatusName>((found, next) => ("status" in next.content ? next.content.status : found), "new");

/** What every desk entry says again, so that the newest alone shows the case in the list. */
const standing = (one: OpenCase): { status: StatusName; summary: entry.Summary } => ({ status: statusOf(one), summary: summaryOf(one) });

export const draftOf = (one: OpenCase): string =>
  one.desk.reduce((found, next) => (next.kind === "draft" ? next.content.text : found), "");

export function summaryOf(one: OpenCase): entry.Summary {
  const request = requestOf(one);
  const values = (question: string): string[] => request.answers.find((answer) => answer.question === question)?.values ?? [];
  return {
    arrived: one.shared[0]!.day, name: request.name, kinds: values("kinds"),
    line: [...(values("words")[0] ?? "").split(/\s+/u).join(" ")].slice(0, LINE).join(""),
    language: request.language, direction: request.direction, deletion: request.deletion,
    area: values("area")[0] ?? "", urgency: values("urgency")[0] ?? "", contact: request.contact.how,
  };
}

/** All cases of a member's, newest first; what cannot be opened is counted, not hidden. */
export async function all(me: Member, onProgress: (done: number, of: number) => void): Promise<{ cases: OpenCase[]; broken: number }> {
  const { cases: rows, unreadable } = await askAgain("GET", "/api/desk/cases", listShape);
  const cases: OpenCase[] = [];
  let [next, broken] = [0, unreadable];
  const work = async (): Promise<void> => {
    for (let row = rows[next++]; row; row = rows[next++]) {
      try {
        cases.push(await look(me, row.case));
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
        broken++;
      }
      onProgress(cases.length + broken, rows.length + unreadable);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  cases.sort((a, b) => (a.shared[0]!.day === b.shared[0]!.day ? a.id.localeCompare(b.id) : a.shared[0]!.day < b.shared[0]!.day ? 1 : -1));
  return { cases, broken };
}

/** One case, opened; nothing is changed. */
export async function look(me: Member, id: string): Promise<OpenCase> {
  const told = await askAgain("GET", `/api/desk/cases/${encodeURIComponent(id)}`, caseShape);
  if (told.case !== id) throw new CryptoError("binding", "another case than was asked for");
  const keys = await grant.open(unb64(told.grant), { case: id, grantee: me.id, epoch: told.epoch }, me.identities, me.keyOf);
  const warnings = new Set<"gap" | "late">();
  const read = async (sequence: entry.Sequence, seeds: Bytes[], macOf: typeof entry.sharedMacKey): Promise<Entry[]> => {
    const identities = await Promise.all(seeds.map(age.identityFromSeed));
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
    holders: told.holders.map((one) => one.member),
    shared: await read("shared", keys.caseKeys, entry.sharedMacKey),
    desk: await read("desk", keys.deskKeys, entry.deskMacKey),
    last: { shared: last("shared"), desk: last("desk") },
    warnings: [],
  };
  if (told.expires > requestOf(opened).deletion) warnings.add("late");
  return { ...opened, warnings: [...warnings] };
}

/** One case; the first to open it makes its desk key and its first status. */
export async function open(me: Member, id: string): Promise<OpenCase> {
  const opened = await look(me, id);
  if (opened.keys.deskKeys.length) return opened;
  const deskKey = age.seedOf(await age.newIdentity());
  await regrant(me, opened, { ...opened.keys, deskKeys: [deskKey] }, opened.holders);
  await setStatus(me, await look(me, id), "new");
  return look(me, id);
}

export const reply = (me: Member, one: OpenCase, words: string): Promise<void> => write(me, one, "message", { text: words });
export const note = (me: Member, one: OpenCase, words: string): Promise<void> => write(me, one, "note", { ...standing(one), text: words });
export const draft = (me: Member, one: OpenCase, words: string): Promise<void> => write(me, one, "draft", { ...standing(one), text: words });
export const setStatus = (me: Member, one: OpenCase, status: StatusName): Promise<void> =>
  write(me, one, "status", { ...standing(one), status });

/** Give a colleague the case's keys as well. */
export const share = (me: Member, one: OpenCase, colleague: string): Promise<void> =>
  regrant(me, one, one.keys, [...one.holders, colleague]);

/**
 * Give the case to a colleague and let go of it: new case and desk keys for what comes later, told to the requester in a
 * signed entry. One's own grant goes last, so that a step that fails leaves nobody without keys.
 */
export async function handOver(me: Member, one: OpenCase, colleague: string): Promise<void> {
  const fresh = await age.newIdentity();
  const keys = {
    caseKeys: [...one.keys.caseKeys, age.seedOf(fresh)],
    deskKeys: [...one.keys.deskKeys, age.seedOf(await age.newIdentity())],
  };
  const everyone = [...new Set([...one.holders, colleague])];
  await regrant(me, one, keys, everyone);
  const mac = b64(entry.sharedMacKey(keys.caseKeys.at(-1)!, one.id));
  await write(me, await look(me, one.id), "keys", { number: keys.caseKeys.length - 1, recipient: fresh.recipient, mac });
  const now = await look(me, one.id);
  await setStatus(me, now, statusOf(one));
  await regrant(me, now, keys, everyone.filter((member) => member !== me.id));
}

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
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/grants`, object({ version: whole }), { version: one.version, grants });
}

async function write<K extends entry.Kind>(me: Member, one: OpenCase, kind: K, content: entry.ContentOf<K>): Promise<void> {
  const sequence: entry.Sequence = kind === "message" || kind === "keys" ? "shared" : "desk";
  const seeds = sequence === "shared" ? one.keys.caseKeys : one.keys.deskKeys;
  // A `keys` entry is read with key number 0's MAC alone: docs/format.md, Entry.
  const key = kind === "keys" ? 0 : seeds.length - 1;
  const recipients = [(await age.identityFromSeed(seeds.at(-1)!)).recipient];
  if (sequence === "shared") recipients.push(requestOf(one).recipients.receipt);
  const macKey = (sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey)(seeds[key]!, one.id);
  const { number, digest } = one.last[sequence];
  const file = await entry.seal({
    place: { case: one.id, sequence, number: number + 1 },
    kind, content, day: me.today, previous: digest, recipients, macKey, key, author: me.author,
  });
  await askAgain("POST", `/api/desk/cases/${encodeURIComponent(one.id)}/entries`, object({ number: whole }), { sequence, number: number + 1, file: b64(file) });
}
