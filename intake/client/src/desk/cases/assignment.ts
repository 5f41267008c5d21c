/** Assign a case: share it, hand it over, or add one more colleague. */
import * as protocol from "../../crypto/case/case.js";
import { b64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import { RECOVERY } from "../../crypto/recovery_key.js";
import { object, whole } from "../../crypto/shape.js";
import { ask } from "../../net/api.js";
import { t } from "../../page/i18n.js";
import { type Member } from "../member/member.js";
import { type OpenCase, active, fresh, note, regrant, rekey } from "./cases.js";

export const SEATS = 2; // coordinators for each case, or as many as there are

/** Grant a colleague the keys of the case too. */
export async function share(me: Member, opened: OpenCase, colleague: string): Promise<void> {
  const mine = await fresh(me, opened);
  await regrant(me, mine, mine.keys, [...new Set([...active(me, mine.holders), colleague])]);
}

/** Write why this member hands the case over as a note, for the one who gets it. A second attempt does not write it again. */
export async function noteReason(me: Member, opened: OpenCase, reason: string, to: string): Promise<void> {
  if (!reason.trim()) return;
  const text = t("Handed over to %(name)s: %(reason)s", { name: me.nameOf(to), reason: reason.trim() });
  const isStored = opened.desk.some(
    (stored) => stored.kind === "note" && stored.author === me.id && stored.content.text === text,
  );
  if (!isStored) await note(me, opened.id, text);
}

/** Give the case to a colleague, and end this member's own access. */
export const handOver = (me: Member, opened: OpenCase, colleague: string): Promise<void> =>
  rekey(me, opened, [...opened.holders.filter((member) => member !== me.id && member !== colleague), colleague]);

/** Return who has a case after this member gives it up: its other holders, or else the colleague with the fewest cases. */
export function successors(me: Member, opened: OpenCase): string[] {
  const others = active(me, opened.holders).filter((member) => member !== me.id);
  return others.length ? others : leastBusy(me, [me.id]).slice(0, 1);
}

/** Pass a case to these members, and end this member's own access. */
export async function sendBack(me: Member, opened: OpenCase, to: string[]): Promise<void> {
  if (!to.length) throw new CryptoError("statement", "nobody else can take it");
  await rekey(me, opened, to);
}

/** After a holder has left, make new keys for the remaining holders. If only one remains, add another. */
export async function replaceFormerHolder(me: Member, opened: OpenCase): Promise<void> {
  const remaining = active(me, opened.holders);
  await rekey(me, opened, [...remaining, ...leastBusy(me, remaining).slice(0, SEATS - remaining.length)]);
}

/** Add one colleague to a case that nobody has opened for days. The case stays unopened until someone reads it. */
export async function addHolder(me: Member, opened: OpenCase): Promise<void> {
  const mine = await fresh(me, opened);
  const holders = active(me, mine.holders);
  await regrant(me, mine, mine.keys, [...holders, ...leastBusy(me, holders).slice(0, 1)]);
}

/** Grant the case to the present recovery key. */
export async function moveRecovery(me: Member, opened: OpenCase): Promise<void> {
  const deal = me.counts.recovery_key!;
  const mine = await fresh(me, opened);
  const [sealed] = await protocol.sealGrants(
    mine.id,
    mine.keys,
    [{ member: RECOVERY, recipient: deal.recipient }],
    me.author,
  );
  const body = { version: mine.version, epoch: deal.id, file: b64(sealed!.file) };
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(opened.id)}/recovery`, object({ version: whole }), body);
}

/** List colleagues who could take a case, those with the fewest open cases first. */
export const leastBusy = (me: Member, but: string[]): string[] =>
  [...me.seats.keys()]
    .filter((member) => !but.includes(member) && !me.counts.inactive.includes(member))
    .sort((a, b) => (me.counts.open[a] ?? 0) - (me.counts.open[b] ?? 0) || (a < b ? -1 : 1));
