/** What a client asks of the recovery key at each sign-in: whether a share waits, and whether the key is old. */
import { list, object, type Of, text } from "../../crypto/shape.js";
import { askAgain } from "../../net/api.js";
import type { Member } from "../member/member.js";

const shareShape = object({ purpose: text, sender: text, file: text });
export const sharesShape = object({ shares: list(shareShape) });

/** Return whether members have changed since the key was split. */
export const isOld = ({ group: { keys } }: Member): boolean =>
  keys.recovery !== null &&
  (keys.recovery.members.length !== keys.members.size ||
    keys.recovery.members.some((member) => !keys.members.has(member)));

/** Return the share of the present deal that the server keeps for this member, once the group has decided for the deal. */
export async function waitingShare(me: Member): Promise<Of<typeof shareShape> | undefined> {
  const deal = me.counts.recovery_key?.id;
  if (!deal || !me.group.keys.recovery) return undefined;
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  return shares.find((served) => served.purpose === deal);
}
