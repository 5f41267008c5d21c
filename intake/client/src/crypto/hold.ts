/** Holds: two members keep a closed case until a day. docs/reference/format.md, Hold. */
import { utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { day, object, parse, text, withOptional } from "./shape.js";
import { type Author, type AuthorKey, sign as signed, signedUnder, verify as check } from "./signing.js";

export const SIGNATURES = 2; // of different members

/** The text that members signed, verbatim, and their signatures by member. */
export interface Hold {
  body: string;
  signatures: Record<string, string>;
}

/** The content of a hold. `inForce` is true once two members have signed it. */
export interface HoldContent {
  until: string;
  entry: string;
  head: string | null;
  by: string[];
  inForce: boolean;
}

const shape = withOptional(object({ format: text, case: text, until: day, entry: text }), "head", text);

export const bodyOf = (caseId: string, until: string, entry: string, head: string): string =>
  JSON.stringify({ format: Label.HOLD, case: caseId, until, entry, head });

export const sign = (body: string, author: Author): string => signed(author.seed, Label.HOLD, utf8(body));

/** Verify a hold. Throws `CryptoError` for one of another case, or with a signature that does not verify. */
export function verify(hold: Hold, caseId: string, keyOf: AuthorKey): HoldContent {
  const content = parse(shape, hold.body);
  if (content.format !== Label.HOLD || content.case !== caseId)
    throw new CryptoError("binding", "a hold of another case");
  const head = signedUnder(content.head);
  const by = Object.keys(hold.signatures).sort();
  if (!by.length) throw new CryptoError("signature", "a hold without a signature");
  for (const member of by) check(keyOf(member, head), Label.HOLD, utf8(hold.body), hold.signatures[member]!);
  return { until: content.until, entry: content.entry, head, by, inForce: by.length >= SIGNATURES };
}
