/** Tags of a case. The group words say what each is called. docs/reference/format.md, Group words. */
import { CryptoError } from "../../crypto/errors.js";
import type { Member } from "../member/member.js";
import * as cases from "./cases.js";

const MAX_TAGS = 16; // of a case

/** Add a tag to a case, or take it off. It reads the present tags, so that two members can tag a case at once. */
export async function setTag(me: Member, id: string, tag: string, isOn: boolean): Promise<void> {
  await cases.open(me, id);
  await cases.write(me, id, "status", (now) => {
    const before = cases.tagsOf(now);
    if (before.includes(tag) === isOn) return null;
    const tags = isOn ? [...before, tag] : before.filter((other) => other !== tag);
    if (tags.length > MAX_TAGS) throw new CryptoError("size", "content that exceeds the largest size");
    return cases.deskContent(now, {}, { tags });
  });
}
