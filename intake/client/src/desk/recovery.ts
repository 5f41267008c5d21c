/**
 * Recovery by quorum: a key split among the members, to which every case is granted as well. Made, split and forgotten in one
 * member's client; put together, when enough have signed, in the client of whoever proposed it. DESIGN.md, Recovery key.
 */
import * as age from "../crypto/age.js";
import { b64, unb64 } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import * as keylist from "../crypto/keylist.js";
import * as recovery from "../crypto/recovery.js";
import { keyHash } from "../crypto/recovery_key.js";
import { flag, list, object, text } from "../crypto/shape.js";
import { ask, askAgain, Problem } from "../net.js";
import * as cases from "./cases.js";
import { decidedShape } from "./answers.js";
import { sign } from "./decisions.js";
import type { Member, Proposal } from "./group.js";
import type { OnProgress } from "./rotation.js";

const sharesShape = object({ shares: list(object({ purpose: text, giver: text, file: text })) });
const casesShape = object({ cases: list(text), to: text, of: text });

/** How many shares are asked for by default: a majority, so that neither one nor two of many suffice; of large groups as many as there may be. */
export const usualThreshold = (members: number): number => Math.min(keylist.MAX_SHARES, Math.max(2, Math.floor(members / 2) + 1));

/** Whether the members are no longer those between whom the key was split. */
export const isOld = ({ group: { keys } }: Member): boolean =>
  keys.recovery !== null && (keys.recovery.members.length !== keys.members.size || keys.recovery.members.some((member) => !keys.members.has(member)));

/** Make a recovery key, split it, propose it, forget it. */
export async function deal(me: Member, threshold: number): Promise<number> {
  await me.refresh();
  const { keys } = me.group;
  const identity = await age.newIdentity();
  const members = [...keys.members.keys()];
  const parts = await recovery.split(identity, members.length, threshold);
  const id = age.recipientId(identity.recipient);
  const shares = Object.fromEntries(await Promise.all(members.map(async (member, i) => {
    const seat = me.seats.get(member);
    if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
    const share = { group: keys.group, deal: id, member, author: me.id, share: parts[i]! };
    return [member, b64(await recovery.sealShare(share, seat.recipient, me.author.seed))];
  })));
  const body = keylist.nextBody(keys, "recovery", me.signingDay, { key: keyHash(identity.recipient), value: threshold });
  return sign(me, body, async (number, entry) =>
    (await ask("POST", "/api/desk/recovery/deal", decidedShape, { number, entry, recipient: identity.recipient, shares })).lacking);
}

/** Members have changed: propose a new key, as soon as everyone has valid keys and unless a colleague has done so. */
export async function renew(me: Member): Promise<void> {
  const { keys } = me.group;
  const able = keys.members.size >= keylist.MIN_SHARED && [...keys.members.keys()].every((member) => me.seats.has(member));
  if (!isOld(me) || !able || me.proposals.some(({ body }) => body.kind === "recovery")) return;
  await deal(me, Math.min(keys.recovery!.threshold, keys.members.size));
}

/** Go on without one. */
export const giveUp = (me: Member): Promise<number> => sign(me, keylist.nextBody(me.group.keys, "recovery", me.signingDay, {}));

/** Put the share that waits for this member into the keyring, once the group has decided for its deal. */
export async function keepShare(me: Member): Promise<void> {
  const deal = me.counts.deal?.id;
  if (!deal) return;
  const waiting = (await askAgain("GET", "/api/desk/recovery/shares", sharesShape)).shares.find((one) => one.purpose === deal);
  if (!waiting) return;
  const share = await opened(me, waiting.file, deal);
  // Shares of older deals stay as long as cases hang on them.
  const hanging = (kept: { deal: string }): boolean => kept.deal !== deal && (me.counts.hanging[kept.deal] ?? 0) > 0;
  await me.changeRing((ring) => ({ ...ring, shares: [...ring.shares.filter(hanging), { deal, share: share.share }] }));
  await ask("DELETE", `/api/desk/recovery/shares/${deal}`, object({ taken: flag }));
}

export const hasShare = (me: Member): boolean => me.ring.shares.some((one) => one.deal === me.counts.deal?.id);

/** Propose, or agree, that the cases of one member (who may be gone) are granted to another; this member's share goes to whoever proposed it. */
export async function agreeToRecover(me: Member, of: string, to: string, proposal?: Proposal): Promise<number> {
  await keepShare(me);
  const { keys } = me.group;
  const deal = me.counts.deal?.id ?? "";
  const mine = me.ring.shares.find((one) => one.deal === deal);
  if (!mine) throw new CryptoError("binding", "no share of the present recovery key");
  const body = proposal?.body ?? keylist.nextBody(keys, "recover", me.signingDay, { member: to, key: keys.known.get(of) ?? "" });
  const opener = proposal ? openerOf(proposal) : me.id;
  const seat = me.seats.get(opener);
  if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
  const file = await recovery.sealShare({ group: keys.group, deal, member: opener, author: me.id, share: mine.share }, seat.recipient, me.author.seed);
  return sign(me, body, async (number, entry) =>
    (await ask("POST", "/api/desk/recovery/sign", decidedShape, { number, entry, to: opener, share: b64(file) })).lacking);
}

/** Who opens the key: the first who signed. */
export const openerOf = (one: Proposal): string => Object.keys(one.entry.signatures)[0]!;

/** Whose cases a decision names. */
export const recoveredOf = (me: Member, one: Proposal): string =>
  [...me.group.keys.known].find(([, key]) => key === one.body.key)?.[0] ?? "";

/** Decisions to recover that wait for this member to open the key. */
export async function toOpen(me: Member): Promise<keylist.Recovered[]> {
  const { keys } = me.group;
  const mine = keys.recovered.filter((one) => one.signers.includes(me.id));
  if (!mine.length) return [];
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  return mine.filter((one) => shares.filter(({ purpose }) => purpose === keylist.hash(keys.entries[one.number]!)).length >= one.signers.length);
}

/** Put the key together, grant every case that the decision names anew, and forget it. Returns how many could not be moved. */
export async function open(me: Member, decision: keylist.Recovered, onProgress: OnProgress): Promise<number> {
  const deal = me.counts.deal!.id;
  const purpose = keylist.hash(me.group.keys.entries[decision.number]!);
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  const given = await Promise.all(shares.filter((one) => one.purpose === purpose).map((one) => opened(me, one.file, deal)));
  const named = await askAgain("GET", `/api/desk/recovery/cases/${decision.number}`, casesShape);
  let left = 0;
  me.recovery = await recovery.combine(given.map((one) => one.share), deal);
  try {
    for (const [done, id] of named.cases.entries()) {
      onProgress(done, named.cases.length);
      left += (await move(me, id, decision)) ? 0 : 1;
    }
  } finally {
    me.recovery = null;
  }
  onProgress(named.cases.length, named.cases.length);
  // Spent; a case that failed can be tried again as long as they are there.
  if (!left) await ask("DELETE", `/api/desk/recovery/shares/${purpose}`, object({ taken: flag }));
  return left;
}

async function move(me: Member, id: string, { of, to }: keylist.Recovered): Promise<boolean> {
  try {
    const one = await cases.look(me, id);
    const rest = one.holders.filter((member) => member !== of && me.seats.has(member));
    await cases.rekey(me, one, [...new Set([...rest, to])]);
    return true;
  } catch (error) {
    if (error instanceof CryptoError || (error instanceof Problem && (error.kind === "stale" || error.kind === "not-found"))) return false;
    throw error;
  }
}

async function opened(me: Member, file: string, deal: string): Promise<recovery.Share> {
  const expected = { group: me.group.keys.group, member: me.id, deal };
  return recovery.openShare(unb64(file), await me.allIdentities(), expected, me.keyOf);
}
