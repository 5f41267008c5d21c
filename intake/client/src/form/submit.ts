/**
 * A new request: get an assignment offer, verify it, choose, encrypt, send. Plaintext stays in this module.
 * docs/reference/format.md, The case.
 */
import * as protocol from "../crypto/case/case.js";
import { b64, newId } from "../crypto/encoding.js";
import type * as entry from "../crypto/entry.js";
import { keyHash, RECOVERY } from "../crypto/recovery_key.js";
import { list, object, type Of, text, whole } from "../crypto/shape.js";
import { Parcel } from "../crypto/parcel.js";
import * as work from "../crypto/work.js";
import type { Snapshot } from "../crypto/snapshot.js";
import type { Signed } from "../crypto/signing.js";
import * as statement from "../crypto/statement.js";
import { CryptoError } from "../crypto/errors.js";
import { askAgain, type Patience, Problem } from "../net/api.js";
import { type Group, snapshotOf } from "../net/group.js";
import type { Stretched } from "./early_receipt.js";

const seatsShape = list(statement.signedShape);
const offerShape = object({
  token: text,
  head: text,
  assigned: whole,
  policy: text,
  seats: seatsShape,
  all: list(object({ member: text, tags: list(text) })),
  recovery: text,
  price: whole,
});
type Offer = Of<typeof offerShape>;
const storedShape = object({ case: text, expires: text });
const ROUNDS = 3; // offers taken before giving up

/** The typed answers, before their recipients are known. `days` is the number of days that the person chose. */
export type Typed = Omit<entry.Request, "recipients" | "sealed_by" | "deletion"> & { days: number };

/** The id of a case that a member writes down for its author, and their signature. Without a desk there is no signature. */
export interface Writer {
  caseId: string;
  signed: Signed | null;
}

export interface Sealed {
  code: string;
  expires: string;
  body: Parcel;
}

/**
 * Encrypt for today's recipients. `expires` is the expiry day that the person agreed to. Throws `Problem`, or
 * `CryptoError` for keys that do not verify.
 */
export async function seal(
  typed: Typed,
  expires: string,
  group: Group,
  { code, opened }: Stretched,
  patience: Patience = {},
  writer?: Writer,
): Promise<Sealed> {
  const caseId = writer?.caseId ?? newId();
  const offer = await askAgain("POST", "/api/form/offer", offerShape, { case: caseId }, patience);
  const seats = await choose(offer, typed, group);
  const { days, ...answers } = typed;
  const signed = writer?.signed ? { on_behalf: writer.signed } : {};
  const content = { ...answers, deletion: expires, sealed_by: "browser", ...signed };
  const to = [...seats, ...(offer.recovery ? [{ member: RECOVERY, recipient: offer.recovery }] : [])];
  const { request, receiptGrant, grants, deletion, shown } = await protocol.sealNew(
    caseId,
    content,
    opened.identity.recipient,
    to,
    group.today,
  );
  const size = [request, receiptGrant, ...grants.map((grant) => grant.file)].reduce(
    (sum, file) => sum + file.length,
    0,
  );
  const body = new Parcel({
    offer: offer.token,
    work: b64(await work.pay(offer.token, work.cost(offer.price, size))),
    case: caseId,
    lookup: opened.lookup,
    days,
    expires: deletion,
    shown,
    request,
    receipt_grant: receiptGrant,
    grants,
  });
  return { code, expires: deletion, body };
}

/** Send an encrypted request, more than once if needed. If a key has changed meanwhile, encrypt it again. */
export async function send(sealed: Sealed, again: () => Promise<Sealed>, patience: Patience = {}): Promise<Sealed> {
  for (let round = 1; ; round++) {
    try {
      await askAgain("POST", "/api/form/cases", storedShape, sealed.body, patience);
      return sealed;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === ROUNDS) throw error;
      sealed = await again();
    }
  }
}

/**
 * Choose the recipients: members in the offer's order, those with the fewest open cases first.
 *
 * If the group assigns by language or kind of help, members whose public tags match come first. Their signed statements
 * must have those tags, and the recovery key must be the one in the key list.
 */
async function choose(offer: Offer, typed: Typed, group: Group): Promise<statement.Statement[]> {
  const { keys, on } = group;
  const snapshot = snapshotOf(group);
  if ((offer.recovery ? keyHash(offer.recovery) : "") !== (keys.recovery?.key ?? "")) {
    throw new CryptoError("statement", "another recovery key than the group's");
  }
  const usable = (signed: statement.Signed[]): statement.Statement[] =>
    signed.flatMap((signedStatement) => seatOf(signedStatement, keys, on, snapshot));
  if (!offer.all.length) return different(usable(offer.seats), offer.assigned);
  const kinds = typed.answers.find((answer) => answer.question === "kinds")?.values ?? [];
  const wanted = new Set(
    offer.policy === "language" ? [`lang:${typed.language}`] : kinds.map((kind) => `desk:${kind}`),
  );
  const fits = ({ tags }: { tags: string[] }): boolean => tags.some((tag) => wanted.has(tag));
  const order = [...offer.all.filter(fits), ...offer.all.filter((listed) => !fits(listed))];
  const chosen: statement.Statement[] = [];
  for (let at = 0; chosen.length < offer.assigned && at < order.length;) {
    const next = order.slice(at, at + offer.assigned - chosen.length);
    at += next.length;
    const { seats } = await askAgain("POST", "/api/form/seats", object({ seats: seatsShape }), {
      members: next.map((listed) => listed.member),
    });
    const statements = usable(seats);
    for (const { member, tags } of next) {
      const seat = statements.find((signedStatement) => signedStatement.member === member);
      if (seat && tags.some((tag) => !seat.tags.includes(tag)))
        throw new CryptoError("statement", "a seat whose statement has other tags");
      if (seat) chosen.push(seat);
    }
  }
  return different(chosen, offer.assigned);
}

/**
 * Return a recipient, or none if the statement cannot be used. The next member replaces it, so one member cannot shut
 * the form.
 */
function seatOf(signed: statement.Signed, keys: Group["keys"], on: string, snapshot: Snapshot): statement.Statement[] {
  try {
    return [statement.verify(signed, keys, on, snapshot)];
  } catch (error) {
    if (error instanceof CryptoError) return [];
    throw error;
  }
}

/** Return one recipient for each member, and exactly `count` of them. */
function different(seats: statement.Statement[], count: number): statement.Statement[] {
  const distinct = [...new Map(seats.map((seat) => [seat.member, seat])).values()];
  if (count < 1 || distinct.length < count) throw new CryptoError("statement", "an offer with too few seats");
  return distinct.slice(0, count);
}
