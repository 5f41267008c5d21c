/** A new request: take a slate, verify it, choose, seal, send. Everything readable stays in here. docs/format.md, The case. */
import * as age from "./crypto/age.js";
import { addDays, b64, newId } from "./crypto/encoding.js";
import * as entry from "./crypto/entry.js";
import * as grant from "./crypto/grant.js";
import * as receipt from "./crypto/receipt.js";
import { list, object, text, whole } from "./crypto/shape.js";
import { digest } from "./crypto/signing.js";
import * as statement from "./crypto/statement.js";
import { CryptoError } from "./crypto/errors.js";
import { askAgain, type Group, Problem } from "./net.js";

const slateShape = object({ token: text, head: text, assigned: whole, seats: list(statement.signedShape) });
const storedShape = object({ case: text, expires: text });
const ROUNDS = 3; // slates taken before giving up

/** What was typed, before it is known to whom it goes. */
export type Typed = Omit<entry.Request, "recipients" | "sealed_by" | "deletion"> & { days: number };

export interface Sealed {
  code: string;
  expires: string;
  body: Record<string, unknown>;
}

/** Seal for today's seats. Throws `Problem`, or `CryptoError` for keys that do not verify. */
export async function seal(typed: Typed, group: Group, code: string): Promise<Sealed> {
  const caseId = newId();
  const slate = await askAgain("POST", "/api/form/slate", slateShape, { case: caseId });
  const seats = choose(slate.seats.map((seat) => statement.verify(seat, group.keys, group.on)), slate.assigned);
  const [opened, caseKey] = [await receipt.stretch(code, group.keys.group), await age.newIdentity()];
  const { days, ...answers } = typed;
  const expires = addDays(group.today, days);
  const macKey = entry.sharedMacKey(age.seedOf(caseKey), caseId);
  const file = await entry.seal({
    place: { case: caseId, sequence: "shared", number: 0 },
    kind: "request",
    content: {
      ...answers, deletion: expires, sealed_by: "browser",
      recipients: { case: caseKey.recipient, receipt: opened.identity.recipient },
    },
    day: group.today,
    previous: "",
    recipients: typed.shown ? [caseKey.recipient, opened.identity.recipient] : [caseKey.recipient],
    macKey,
  });
  const given = {
    case: caseId, recipient: caseKey.recipient, mac: b64(macKey), request: digest(file), shown: typed.shown, deletion: expires,
  };
  const keys = { caseKeys: [age.seedOf(caseKey)], deskKeys: [] };
  const grants = await Promise.all(seats.map(async (seat) => ({
    member: seat.member, epoch: seat.epoch,
    file: b64(await grant.seal({ case: caseId, grantee: seat.member, epoch: seat.epoch }, keys, seat.recipient)),
  })));
  const body = {
    slate: slate.token, case: caseId, lookup: opened.lookup, expires, shown: typed.shown, request: b64(file),
    receipt_grant: b64(await receipt.sealGrant(given, opened.identity.recipient)), grants,
  };
  return { code, expires, body };
}

/** Send what is sealed; the same may be sent again. If a key changed meanwhile, seal once more by itself. */
export async function send(sealed: Sealed, again: () => Promise<Sealed>): Promise<Sealed> {
  for (let round = 1; ; round++) {
    try {
      await askAgain("POST", "/api/form/cases", storedShape, sealed.body);
      return sealed;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === ROUNDS) throw error;
      sealed = await again();
    }
  }
}

/** The first `count` in the slate's order, fewest open cases first; one seat of each member. */
function choose(seats: statement.Statement[], count: number): statement.Statement[] {
  const different = [...new Map(seats.map((seat) => [seat.member, seat])).values()];
  if (count < 1 || different.length < count) throw new CryptoError("statement", "a slate with too few seats");
  return different.slice(0, count);
}
