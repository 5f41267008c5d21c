/**
 * A member's signature that they wrote a request down for its author. docs/reference/format.md, On behalf.
 *
 * The request carries it, so every holder of the case can verify it. A requester cannot make one.
 */
import { utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { Label } from "./labels.js";
import { object, oneOf, parse, text } from "./shape.js";
import { type AuthorKey, type CaseAuthor, signJson, type Signed, signedUnder, verify as check } from "./signing.js";

/** How a request reached the member: on the phone, in person, or on a paper form. */
export const CHANNELS = ["phone", "door", "paper"] as const;
export type Channel = (typeof CHANNELS)[number];

/** Who wrote a request down for its author. */
export interface OnBehalf {
  member: string;
  channel: Channel;
}

const shape = object({ format: text, case: text, member: text, channel: oneOf(...CHANNELS), head: text });

export function sign(caseId: string, channel: Channel, { member, head, seed }: CaseAuthor): Signed {
  return signJson(seed, Label.ON_BEHALF, { format: Label.ON_BEHALF, case: caseId, member, channel, head });
}

/** Verify it. Throws `CryptoError` for another case's, or if its member was not active at the head. */
export function verify(signed: Signed, caseId: string, keyOf: AuthorKey): OnBehalf & { head: string } {
  const { format, case: id, member, channel, head } = parse(shape, signed.body);
  if (format !== Label.ON_BEHALF || id !== caseId)
    throw new CryptoError("binding", "an on-behalf signature of another case");
  check(keyOf(member, signedUnder(head)), Label.ON_BEHALF, utf8(signed.body), signed.signature);
  return { member, channel, head };
}
