/** Who has a case: share it, hand it over, give it to one more colleague. */
import * as protocol from "../../crypto/case/case.js";
import { b64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import { RECOVERY } from "../../crypto/recovery_key.js";
import { object, whole } from "../../crypto/shape.js";
import { ask } from "../../net/api.js";
import { type Member } from "../member/member.js";
import { type OpenCase, active, fresh, regrant, rekey } from "./cases.js";

export const SEATS = 2; // coordinators for each case, or as many as there are

/** Give a colleague the case's keys as well. */
export async function share(me: Member, one: OpenCase, colleague: string): Promise<void> {
  const mine = await fresh(me, one);
  await regrant(me, mine, mine.keys, [...new Set([...active(me, mine.holders), colleague])]);
}

/** Give the case to a colleague and let go of it. */
export const handOver = (me: Member, one: OpenCase, colleague: string): Promise<void> =>
  rekey(me, one, [...one.holders.filter((member) => member !== me.id && member !== colleague), colleague]);

/** "I can no longer help": whoever else has it keeps it; where nobody has, the colleague with the fewest cases gets it. */
export async function sendBack(me: Member, one: OpenCase): Promise<void> {
  const others = active(me, one.holders).filter((member) => member !== me.id);
  const to = others.length ? others : leastBusy(me, [me.id]).slice(0, 1);
  if (!to.length) throw new CryptoError("statement", "nobody else can take it");
  await rekey(me, one, to);
}

/** Someone who held this case has left: new keys, for those who remain and for one more where only one does. */
export async function closeRanks(me: Member, one: OpenCase): Promise<void> {
  const left = active(me, one.holders);
  await rekey(me, one, [...left, ...leastBusy(me, left).slice(0, SEATS - left.length)]);
}

/** Nobody has opened it for days: one more colleague gets it. It stays unopened, and waiting, until someone reads it. */
export async function relieve(me: Member, one: OpenCase): Promise<void> {
  const mine = await fresh(me, one);
  const holders = active(me, mine.holders);
  await regrant(me, mine, mine.keys, [...holders, ...leastBusy(me, holders).slice(0, 1)]);
}

/** Grant the case to the present recovery key. */
export async function moveRecovery(me: Member, one: OpenCase): Promise<void> {
  const deal = me.counts.deal!;
  const mine = await fresh(me, one);
  const [sealed] = await protocol.sealGrants(
    mine.id,
    mine.keys,
    [{ member: RECOVERY, recipient: deal.recipient }],
    me.author,
  );
  const body = { version: mine.version, epoch: deal.id, file: b64(sealed!.file) };
  await ask("PUT", `/api/desk/cases/${encodeURIComponent(one.id)}/recovery`, object({ version: whole }), body);
}

/** Colleagues who could take a case, fewest open cases first. */
export const leastBusy = (me: Member, but: string[]): string[] =>
  [...me.seats.keys()]
    .filter((member) => !but.includes(member) && !me.counts.inactive.includes(member))
    .sort((a, b) => (me.counts.open[a] ?? 0) - (me.counts.open[b] ?? 0) || (a < b ? -1 : 1));
