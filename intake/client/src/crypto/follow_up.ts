/** A day on which a member means to return to a case. docs/reference/format.md, Follow-up. */
import { ID_BYTES, unb64 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { day, object, type Of, text } from "./shape.js";

export const MAX_FOLLOW_UP = 100; // characters of its text

export const followUpShape = object({ day, text, member: text });
/** An empty `member` means everybody who holds the case. */
export type FollowUp = Of<typeof followUpShape>;

/** Check the follow-up of a desk entry, if it has one, against the day of deletion that the entry repeats. */
export function checkFollowUp(content: { follow_up?: FollowUp; summary: { deletion: string } }): void {
  const { follow_up: followUp, summary } = content;
  if (!followUp) return;
  if (followUp.member) unb64(followUp.member, ID_BYTES);
  if ([...followUp.text].length > MAX_FOLLOW_UP)
    throw new CryptoError("encoding", "a follow-up whose text is too long");
  if (followUp.day >= summary.deletion) throw new CryptoError("binding", "a follow-up on or after the day of deletion");
}
