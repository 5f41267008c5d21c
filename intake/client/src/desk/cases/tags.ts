/** Tags of a case. The group words say what each is called. docs/reference/format.md, Group words. */
import { CryptoError } from "../../crypto/errors.js";
import type { Member } from "../member/member.js";
import * as cases from "./cases.js";

const MAX_TAGS = 16; // of a case

/** Change the tags of a case. `change` gets the present ones, so that two members can tag a case at once. */
export async function setTags(me: Member, id: string, change: (tags: string[]) => string[]): Promise<void> {
  await cases.open(me, id);
  await cases.write(me, id, "status", (now) => {
    const before = cases.tagsOf(now);
    const tags = [...new Set(change(before))];
    if (JSON.stringify(tags) === JSON.stringify(before)) return null;
    if (tags.length > MAX_TAGS) throw new CryptoError("size", "content that exceeds the largest size");
    return cases.deskContent(now, {}, { tags });
  });
}
