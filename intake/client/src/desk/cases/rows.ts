/** Rows of the desk's list, each opened from one grant and one entry in a worker. Pure: no page, no network. */
import * as age from "../../crypto/age/age.js";
import { isInherited, onBehalfOf } from "../../crypto/case/case.js";
import type { Bytes } from "../../crypto/encoding.js";
import * as entry from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import type { FollowUp } from "../../crypto/follow_up.js";
import * as grant from "../../crypto/grant.js";
import type { OnBehalf } from "../../crypto/on_behalf.js";
import { authorOf } from "../../crypto/keylist/keylist.js";
import { checkHead, type VerifiedGroup } from "../../crypto/case/sequence.js";
import { type Turn, turnOf } from "./turn.js";
import { type Searchable, searchable } from "./search.js";
import { day, file, flag, list, object, type Of, oneOf, text, whole } from "../../crypto/shape.js";

const LINE = 400; // characters of a request that the list shows and searches
export const clearShape = {
  case: text,
  expires: day,
  open: flag,
  opened: flag,
  sealed_by: text,
  version: whole,
  epoch: text,
  grant: file,
};
export const holdersShape = list(object({ member: text, epoch: text }));
export const listedShape = object({
  ...clearShape,
  holders: holdersShape,
  sequence: oneOf("shared", "desk"),
  number: whole,
  entry: file,
  /** The newest shared entries after the request, the newest first. */
  shared: list(object({ number: whole, file })),
});
export type Listed = Of<typeof listedShape>;

/** The part of a case that the list shows, filters, searches and compares. */
export interface Row {
  id: string;
  expires: string;
  open: boolean;
  /** Whether nobody has opened the case yet. */
  fresh: boolean;
  sealedBy: string;
  version: number;
  /** Whether the keys came from someone who has left since. */
  inherited: boolean;
  /** Whether its newest desk entry is by a member who no longer holds it: they handed it over or gave it up. */
  handedOver: boolean;
  /** Identifies what the row was opened from. The same mark need not be opened again. */
  mark: string;
  /** The epoch key of each holder, and the recovery key's deal. */
  holders: Record<string, string>;
  status: entry.StatusName;
  summary: entry.Summary;
  followUp: FollowUp | null;
  /** The ids of its tags. */
  tags: string[];
  turn: Turn;
  /** The day of the newest entry that was opened. */
  active: string;
  /** All text that was decrypted for the row. */
  text: Searchable;
  /** Whether that is the whole request. A summary holds only its first words. */
  whole: boolean;
}

export function summaryOf(request: entry.Request, arrived: string, onBehalf: OnBehalf | null): entry.Summary {
  const values = (question: string): string[] =>
    request.answers.find((answer) => answer.question === question)?.values ?? [];
  return {
    arrived,
    name: request.name,
    kinds: values("kinds"),
    line: [...(values("words")[0] ?? "").split(/\s+/u).join(" ")].slice(0, LINE).join(""),
    language: request.language,
    direction: request.direction,
    deletion: request.deletion,
    area: values("area")[0] ?? "",
    urgency: values("needed-by")[0] ?? values("urgency")[0] ?? "",
    contact: request.contact.how,
    ...(onBehalf ? { on_behalf: onBehalf } : {}),
  };
}

/** Open one row. Throws `CryptoError` for a grant or entry that does not open or verify, or that is another case's. */
export async function open(listed: Listed, member: string, epochKey: age.Identity, group: VerifiedGroup): Promise<Row> {
  const { case: id, epoch, sequence, number } = listed;
  const granted = await grant.open(
    listed.grant,
    { case: id, grantee: member, epoch },
    [epochKey],
    authorOf(group.keys),
  );
  const { keys } = granted;
  const fresh = sequence === "shared";
  const caseOpener = sequenceOpener(id, "shared", keys.caseKeys, group);
  const openNewest = fresh ? caseOpener : sequenceOpener(id, "desk", keys.deskKeys, group);
  const newest = await openNewest(number, listed.entry);
  const statusFields = statusOf(newest, group);
  const later = [];
  for (const { number, file } of listed.shared) later.push({ number, opened: await orNull(caseOpener(number, file)) });
  const turn = turnOf(later, statusFields.summary.arrived);
  return {
    id,
    expires: listed.expires,
    open: listed.open,
    fresh,
    sealedBy: listed.sealed_by,
    version: listed.version,
    inherited: isInherited(granted, group.keys),
    handedOver: isHandedOver(newest, listed.holders, member),
    mark: markOf(listed),
    holders: Object.fromEntries(listed.holders.map((holder) => [holder.member, holder.epoch])),
    ...statusFields,
    turn,
    active: turn.last > newest.day ? turn.last : newest.day,
    text: searchable(
      [...textsOf(statusFields.summary, newest), ...later.map(({ opened }) => wordsOf(opened))].join("\n"),
    ),
    whole: newest.kind === "request" || [...statusFields.summary.line].length < LINE,
  };
}

/** Return whether the newest desk entry is by a member who no longer holds the case. */
export const isHandedOver = (
  { author }: Pick<entry.Entry, "author">,
  holders: { member: string }[],
  reader: string,
): boolean => author !== "" && author !== reader && holders.every(({ member }) => member !== author);

/** Return a function that opens entries of one sequence. Its keys are prepared once, at the first entry. */
function sequenceOpener(
  id: string,
  sequence: entry.Sequence,
  seeds: Bytes[],
  group: VerifiedGroup,
): (number: number, file: Bytes) => Promise<entry.Entry> {
  const macOf = sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey;
  const macs = new Map(seeds.map((seed, key) => [key, macOf(seed, id)]));
  let openers: Promise<age.Identity[]> | null = null;
  return async (number, file) => {
    openers ??= Promise.all(seeds.map(age.opener));
    const opened = await entry.open(file, { case: id, sequence, number }, await openers, macs, authorOf(group.keys));
    checkHead(opened, group);
    return opened;
  };
}

/** Return null for an entry that does not open or verify. A requester's damaged message must not hide their case. */
async function orNull(opening: Promise<entry.Entry>): Promise<entry.Entry | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}

export const markOf = ({ version, epoch, sequence, number, open: isOpen, expires, shared }: Listed): string =>
  [version, epoch, sequence, number, isOpen, expires, shared.map((newest) => newest.number)].join("/");

/** Return everything that a request, or else its summary, says. */
const textsOf = (summary: entry.Summary, newest: entry.Entry): string[] => [
  summary.name,
  summary.contact,
  summary.area,
  ...summary.kinds,
  ...(newest.kind === "request" ? answersOf(newest.content) : [summary.line, wordsOf(newest)]),
];

const answersOf = (request: entry.Request): string[] =>
  request.answers.flatMap(({ values, labels }) => [...values, ...labels]);

const wordsOf = (opened: entry.Entry | null): string => (opened && "text" in opened.content ? opened.content.text : "");

/** Return all text of an opened case, for the search. */
export const wholeText = (request: entry.Request, entries: entry.Entry[]): Searchable =>
  searchable([request.name, request.contact.how, ...answersOf(request), ...entries.map(wordsOf)].join("\n"));

function statusOf(newest: entry.Entry, group: VerifiedGroup): Pick<Row, "status" | "summary" | "followUp" | "tags"> {
  const { kind, content, day: arrived } = newest;
  if (kind === "request")
    return { status: "new", summary: summaryOf(content, arrived, onBehalfOf(newest, group)), followUp: null, tags: [] };
  if ("status" in content) {
    const { status, summary, follow_up: followUp = null, tags = [] } = content;
    return { status, summary, followUp, tags };
  }
  throw new CryptoError("binding", "an entry without a case");
}

/** Order rows by age, newest first. */
export const byAge = (a: Row, b: Row): number =>
  a.summary.arrived === b.summary.arrived ? (a.id < b.id ? -1 : 1) : a.summary.arrived < b.summary.arrived ? 1 : -1;
