/** The group words that this session has read. docs/reference/format.md, Group words. */
import type { CaseAuthor } from "../../crypto/signing.js";
import { CryptoError } from "../../crypto/errors.js";
import { type GroupWords, sign, verify } from "../../crypto/group_words.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { Label } from "../../crypto/labels.js";
import type { Signed } from "../../crypto/signing.js";

/** What members can change. */
export type Words = Pick<GroupWords, "templates" | "tags" | "statuses">;
export const NO_WORDS: Words = { templates: [], tags: [], statuses: {} };

export class SessionWords {
  /** The present words. Null in a group without any. */
  present: GroupWords | null = null;
  /** The newest earlier version by another member. */
  earlier: GroupWords | null = null;
  /** Whether the names file lacks words that this session has read. */
  isLost = false;
  /** The words as the names file contains them, those that this version cannot read included. */
  signed: Signed[] = [];

  /** Take the words of a verified names file, unless they are older than those that this session has read. */
  take(served: Signed[], number: number, keys: keylist.KeyList): void {
    const verified = served.flatMap((signed) => readable(signed, number, keys)).sort((a, b) => b.number - a.number);
    this.isLost = (verified[0]?.number ?? 0) < (this.present?.number ?? 0);
    if (this.isLost) return;
    [this.signed, this.present, this.earlier] = [served, verified[0] ?? null, verified[1] ?? null];
  }

  /** Return the next words, signed, and the newest earlier version by another member. */
  next(words: Words, number: number, day: string, group: string, by: CaseAuthor): Signed[] {
    const { templates, tags, statuses } = words;
    const body = { format: Label.GROUP_WORDS, group, number, author: by.member, day, head: by.head };
    const signed = sign({ ...body, templates, tags, statuses }, by.seed);
    const before = this.signed[this.present?.author === by.member ? 1 : 0];
    return [signed, ...(before ? [before] : [])];
  }
}

function readable(signed: Signed, number: number, keys: keylist.KeyList): GroupWords[] {
  try {
    return [verify(signed, keys.group, number, keylist.authorOf(keys))];
  } catch (error) {
    if (error instanceof CryptoError) return []; // it hides neither the names nor the other words
    throw error;
  }
}
