/**
 * Recovery by quorum: every case is granted to a key that is split among the members. docs/reference/format.md,
 * Recovery key.
 *
 * One member's client makes, splits and forgets the key. Another member's client combines it once before it counts.
 * When enough members have signed a recovery, the client of the member who gets the cases combines it again.
 */
import * as age from "../../crypto/age/age.js";
import { b64, has, unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as recovery from "../../crypto/recovery.js";
import { keyHash, type SignedDeal } from "../../crypto/recovery_key.js";
import { flag, list, object, text } from "../../crypto/shape.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import * as cases from "../cases/cases.js";
import { decidedShape } from "../member/answers.js";
import { checkSigning, sign } from "./decisions.js";
import type { Member, Proposal } from "../member/member.js";
import type { OnProgress } from "../keys/rotation.js";
import { isOld, sharesShape, waitingShare } from "./recovery_state.js";

const casesShape = object({ cases: list(text), to: text, of: text });

/** Return the usual number of shares: a majority, at least two, at most what the format allows. */
export const usualThreshold = (members: number): number =>
  Math.min(keylist.MAX_SHARES, Math.max(2, Math.floor(members / 2) + 1));

/** Return the default tester of a new key: an active colleague. */
export const usualTester = (me: Member): string | undefined =>
  [...me.group.keys.members.keys()].find(
    (member) => member !== me.id && me.seats.has(member) && !me.counts.inactive.includes(member),
  );

/** Make a recovery key, split it, propose it and forget it. `tester` combines it once before it counts. */
export async function deal(me: Member, threshold: number, tester = usualTester(me)): Promise<number> {
  await me.refresh();
  const { keys } = me.group;
  const identity = await age.newIdentity();
  const members = [...keys.members.keys()];
  if (!tester || tester === me.id || members.some((member) => !me.seats.has(member))) {
    throw new CryptoError("statement", "a colleague without a valid key");
  }
  const body = keylist.nextBody(keys, "recovery", me.signingDay, {
    member: tester,
    key: keyHash(identity.recipient),
    value: threshold,
  });
  checkSigning(keys, body);
  const parts = await recovery.split(identity, members.length, threshold);
  const dealt = members.map((member, i): [string, string] => [member, parts[i]!]);
  const text = recovery.newDeal(keys.group, identity.recipient, threshold, dealt);
  const signed = { body: text, signatures: { [me.id]: recovery.signDeal(text, me.author.seed) } };
  const id = age.recipientId(identity.recipient);
  const shares = Object.fromEntries(
    await Promise.all(
      dealt.map(async ([member, share]): Promise<[string, string]> => [member, await sealShare(me, id, member, share)]),
    ),
  );
  const share = await sealShare(me, id, tester, parts[members.indexOf(me.id)]!);
  return sign(
    me,
    body,
    async (number, entry) =>
      (await ask("POST", "/api/desk/recovery/deal", decidedShape, { number, entry, deal: signed, shares, share }))
        .missing_signatures,
  );
}

/** Propose a new key after members have changed, once everyone has valid keys, unless a colleague already did. */
export async function renew(me: Member): Promise<void> {
  const { keys } = me.group;
  const able =
    keys.members.size >= keylist.MIN_SHARED &&
    [...keys.members.keys()].every((member) => me.seats.has(member)) &&
    usualTester(me);
  if (!isOld(me) || !able || me.proposals.some(({ body }) => body.kind === "recovery")) return;
  await deal(me, Math.max(Math.min(keys.recovery!.threshold, keys.members.size), keylist.needed(keys)));
}

/** Propose to continue without a recovery key. */
export const giveUp = (me: Member): Promise<number> =>
  sign(me, keylist.nextBody(me.group.keys, "recovery", me.signingDay, {}));

/**
 * Store the share that waits for this member, once the group has decided for its deal. Keeps no share that was not
 * dealt.
 */
export async function keepShare(me: Member): Promise<void> {
  const inForce = me.group.keys.recovery;
  const waiting = await waitingShare(me);
  if (!inForce || !waiting) return;
  const deal = waiting.purpose;
  const share = await openShare(me, waiting.file, deal);
  me.shareIsWrong = inForce.testedBy !== "" && !fits(me, inForce, share);
  if (me.shareIsWrong) return;
  // Shares of older deals stay while cases depend on them.
  const isNeeded = (share: { deal: string }): boolean =>
    share.deal !== deal && (me.counts.recovery_grants[share.deal] ?? 0) > 0;
  await me.changeRing((ring) => ({ ...ring, shares: [...ring.shares.filter(isNeeded), { deal, share: share.share }] }));
  await ask("DELETE", `/api/desk/recovery/shares/${deal}`, object({ taken: flag }));
}

function fits(me: Member, { key, testedBy }: { key: string; testedBy: string }, { share }: recovery.Share): boolean {
  try {
    const { deal, signed } = dealOf(me, key);
    recovery.checkShare(deal, me.id, share);
    return has(signed.signatures, testedBy);
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

export const hasShare = (me: Member): boolean =>
  me.ring.shares.some((held) => held.deal === me.counts.recovery_key?.id);

/** Agree to a new recovery key and send this member's share to its tester. The tester signs if every share fits. */
export async function agreeToDeal(me: Member, { body, entry }: Proposal): Promise<number> {
  const { keys } = me.group;
  const { deal, signed } = dealOf(me, body.key);
  const id = age.recipientId(deal.recipient);
  const [dealer, ...others] = Object.keys(signed.signatures);
  const toAll =
    Object.keys(deal.shares).length === keys.members.size &&
    [...keys.members.keys()].every((member) => has(deal.shares, member));
  if (!toAll || others.length || dealer === body.member || deal.value !== body.value) {
    throw new CryptoError("binding", "a recovery key without shares for all members, or tested by its maker");
  }
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  const waiting = shares.find(({ purpose }) => purpose === id);
  const mine = waiting && (await openShare(me, waiting.file, id));
  if (mine?.author !== dealer) throw new CryptoError("binding", "no share of this recovery key");
  recovery.checkShare(deal, me.id, mine!.share);
  if (body.member !== me.id) return signWithShare(me, body, await sealShare(me, id, body.member, mine!.share));
  const purpose = keylist.hash(entry);
  const received = await Promise.all(
    shares.filter((served) => served.purpose === purpose).map((served) => openShare(me, served.file, id)),
  );
  const signers = received.filter(({ author }) => has(entry.signatures, author));
  await recovery.verifyShares(
    deal,
    new Map([[me.id, mine!.share], ...signers.map(({ author, share }): [string, string] => [author, share])]),
  );
  const missingSignatures = await signWithShare(me, body, "", recovery.signDeal(signed.body, me.author.seed));
  await ask("DELETE", `/api/desk/recovery/shares/${purpose}`, object({ taken: flag }));
  return missingSignatures;
}

/** Propose or sign that one member's cases are granted to another, who combines the key from the signers' shares. */
export async function agreeToRecover(me: Member, of: string, to: string, proposal?: Proposal): Promise<number> {
  await keepShare(me);
  const { keys } = me.group;
  const deal = me.counts.recovery_key?.id ?? "";
  const mine = me.ring.shares.find((held) => held.deal === deal);
  if (!mine) throw new CryptoError("binding", "no share of the current recovery key");
  const body =
    proposal?.body ??
    keylist.nextBody(keys, "recover", me.signingDay, { member: to, key: keys.allMembers.get(of) ?? "" });
  checkSigning(keys, body);
  return signWithShare(me, body, body.member === me.id ? "" : await sealShare(me, deal, body.member, mine.share));
}

/** Sign with a share for the member whom the entry names, or as that member. */
const signWithShare = (me: Member, body: keylist.Body, share: string, deal = ""): Promise<number> =>
  sign(
    me,
    body,
    async (number, entry) =>
      (await ask("POST", "/api/desk/recovery/sign", decidedShape, { number, entry, share, deal })).missing_signatures,
  );

/** Return the deal of the recovery key that the list or an entry names. */
function dealOf(me: Member, key: string): { deal: recovery.Deal; signed: SignedDeal } {
  for (const signed of me.counts.recovery_deals) {
    try {
      return { deal: recovery.readDeal(signed, me.group.keys.group, key, me.keyOf), signed };
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error; // the deal of another key
    }
  }
  throw new CryptoError("binding", "a recovery key without a signed deal");
}

async function sealShare(me: Member, deal: string, member: string, share: string): Promise<string> {
  const seat = me.seats.get(member);
  if (!seat) throw new CryptoError("statement", "a colleague without a valid key");
  return b64(
    await recovery.sealShare(
      { group: me.group.keys.group, deal, member, author: me.id, share },
      seat.recipient,
      me.author.seed,
    ),
  );
}

/** Return whose cases a decision names. */
export const recoveredOf = (me: Member, proposal: Proposal): string =>
  keylist.memberOf(me.group.keys, proposal.body.key) ?? "";

/** List the decisions to recover that wait for this member. */
export async function toOpen(me: Member): Promise<keylist.Recovered[]> {
  const mine = me.group.keys.recovered.filter(({ to }) => to === me.id);
  if (!mine.length) return [];
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  return mine.filter((decision) =>
    others(me, decision).every((signer) =>
      shares.some(({ purpose, sender }) => purpose === purposeOf(me, decision) && sender === signer),
    ),
  );
}

const purposeOf = (me: Member, { number }: keylist.Recovered): string => keylist.hash(me.group.keys.entries[number]!);
/** The members who gave a share. The recovering member's own share is in their keyring, if they have one. */
const others = (me: Member, { signers }: keylist.Recovered): string[] => signers.filter((signer) => signer !== me.id);

/**
 * Combine the key, grant every case that the decision names again, and forget the key. Returns how many could not be
 * moved.
 */
export async function open(me: Member, decision: keylist.Recovered, onProgress: OnProgress): Promise<number> {
  const deal = me.counts.recovery_key!.id;
  const purpose = purposeOf(me, decision);
  const { shares } = await askAgain("GET", "/api/desk/recovery/shares", sharesShape);
  const received = await Promise.all(
    shares.filter((served) => served.purpose === purpose).map((served) => openShare(me, served.file, deal)),
  );
  const own = me.ring.shares.filter((held) => held.deal === deal).map((held) => held.share);
  const fromSigners = received.filter(({ author }) => decision.signers.includes(author)).map((share) => share.share);
  const named = await askAgain("GET", `/api/desk/recovery/cases/${decision.number}`, casesShape);
  if (named.to !== decision.to || named.of !== decision.of)
    throw new CryptoError("binding", "another decision than the requested one");
  let failed = 0;
  me.recovery = await recovery.combine([...own, ...fromSigners], deal);
  try {
    for (const [done, id] of named.cases.entries()) {
      onProgress(done, named.cases.length);
      failed += (await move(me, id, decision)) ? 0 : 1;
    }
  } finally {
    me.recovery = null;
  }
  onProgress(named.cases.length, named.cases.length);
  // The shares are used. While a case is left, they stay, so that this member can try again.
  if (!failed) await ask("DELETE", `/api/desk/recovery/shares/${purpose}`, object({ taken: flag }));
  return failed;
}

async function move(me: Member, id: string, { of, to }: keylist.Recovered): Promise<boolean> {
  try {
    const opened = await cases.readCase(me, id);
    const otherHolders = opened.holders.filter((member) => member !== of && me.seats.has(member));
    await cases.rekey(me, opened, [...new Set([...otherHolders, to])]);
    return true;
  } catch (error) {
    if (
      error instanceof CryptoError ||
      (error instanceof Problem && (error.kind === "stale" || error.kind === "not-found"))
    )
      return false;
    throw error;
  }
}

async function openShare(me: Member, file: string, deal: string): Promise<recovery.Share> {
  const expected = { group: me.group.keys.group, member: me.id, deal };
  return recovery.openShare(unb64(file), me.allIdentities(), expected, me.keyOf);
}
