/** Holds: two members keep a closed case until a day. docs/format.md, Hold. */
import { utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { day, object, parse, text } from "./shape.js";
import type { Entry } from "./entry.js";
import { type Author, type KeyOf, sign as signed, verify as check } from "./signing.js";

export const SIGNATURES = 2; // of different members

/** What members signed, verbatim, and their signatures by member. */
export interface Hold {
  body: string;
  signatures: Record<string, string>;
}

/** What a hold says. `inForce` once two members have signed it. */
export interface Said {
  until: string;
  entry: string;
  by: string[];
  inForce: boolean;
}

/** A hold as its signers and the entry with its reason say it. */
export interface Held extends Said {
  body: string;
  reason: string;
}

const shape = object({ format: text, case: text, until: day, entry: text });

export const bodyOf = (caseId: string, until: string, entry: string): string =>
  JSON.stringify({ format: Label.HOLD, case: caseId, until, entry });

export const sign = (body: string, author: Author): string => signed(author.seed, Label.HOLD, utf8(body));

/** What a hold says. Throws `CryptoError` for one of another case, or with a signature that does not verify. */
export function verify(hold: Hold, caseId: string, keyOf: KeyOf): Said {
  const said = parse(shape, hold.body);
  if (said.format !== Label.HOLD || said.case !== caseId) throw new CryptoError("binding", "a hold of another case");
  const by = Object.keys(hold.signatures).sort();
  if (!by.length) throw new CryptoError("signature", "a hold that nobody signed");
  for (const member of by) check(keyOf(member), Label.HOLD, utf8(hold.body), hold.signatures[member]!);
  return { until: said.until, entry: said.entry, by, inForce: by.length >= SIGNATURES };
}

/** As `verify`, with the reason; throws `CryptoError` also where no entry gives one, or gives it for another day. */
export function withReason(hold: Hold, caseId: string, entries: Entry[], keyOf: KeyOf): Held {
  const said = verify(hold, caseId, keyOf);
  const reason = entries.find((one) => one.kind === "hold" && one.digest === said.entry);
  if (reason?.kind !== "hold" || reason.content.until !== said.until) throw new CryptoError("binding", "a hold without its reason");
  return { ...said, body: hold.body, reason: reason.content.text };
}
