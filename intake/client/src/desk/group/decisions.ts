/** Decisions of the group. Each is an entry of the key list, signed by as many members as the rules ask for. */
import { has } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { object, text, flag } from "../../crypto/shape.js";
import { ask, Problem } from "../../net/api.js";
import { decidedShape, numberShape } from "../member/answers.js";
import { Invitation } from "../member/invitation.js";
import type { Member, Proposal } from "../member/member.js";
import type { Newcomer } from "../member/names.js";
import { signPresent } from "../member/snapshots.js";

type What = { member?: string; key?: string; value?: number };

/** Make a one-time link. Token and fingerprint follow the `#`, which browsers do not send. */
export async function invite(me: Member): Promise<void> {
  const { invite } = await ask("POST", "/api/desk/invites", object({ invite: text }));
  const fingerprint = me.group.keys.fingerprint.replaceAll(" ", "");
  const link = `${location.origin}/${document.documentElement.lang}/desk/enrol/#${invite}.${fingerprint}`;
  me.invitation = new Invitation(link, invite);
}

/** Sign the next entry, or a colleague's proposal of the same text. Returns how many signatures are missing. */
export async function decide(me: Member, kind: keylist.Body["kind"], what: What): Promise<number> {
  const isThis = ({ body }: { body: keylist.Body }): boolean =>
    body.kind === kind &&
    body.member === (what.member ?? "") &&
    body.key === (what.key ?? "") &&
    body.value === (what.value ?? 0);
  const { pending } = me.group.keys;
  if (pending && isThis(pending) && !has(pending.entry.signatures, me.id)) return agreeToPending(me);
  const same = me.proposals.find(isThis);
  return sign(me, same?.body ?? keylist.nextBody(me.group.keys, kind, me.signingDay, what));
}

/** Sign, as the second of two members, the entry that the first signed. It takes effect at once. */
export const agreeToPending = (me: Member): Promise<number> =>
  decide(me, "agree", { key: keylist.hash(me.group.keys.pending!.entry) });

/** Sign a colleague's proposal. */
export const agree = (me: Member, proposal: Proposal): Promise<number> => sign(me, proposal.body);

/** Withdraw this member's own signature. */
export async function takeBack(me: Member, proposal: Proposal): Promise<void> {
  await ask("DELETE", `/api/desk/proposals/${keylist.hash(proposal.entry)}`, object({ taken_back: flag }));
  await me.refresh();
}

/** Add a candidate whose digits were compared. */
export const enrol = (me: Member, newcomer: Newcomer): Promise<number> =>
  decide(me, "enrol", { member: newcomer.candidate.member, key: newcomer.candidate.key });

/** Stop the entry that the only colleague signed, before it takes effect. */
export async function stop(me: Member): Promise<void> {
  await decide(me, "stop", { key: keylist.hash(me.group.keys.pending!.entry) });
}

export const newcomerOf = (me: Member, proposal: Proposal): Newcomer | undefined =>
  me.newcomers.find(
    ({ candidate }) => candidate.member === proposal.body.member && candidate.key === proposal.body.key,
  );

/** Update what depends on a decision: the snapshot, and the names file for the present members. */
export async function followUp(me: Member): Promise<void> {
  await me.refresh();
  if (me.group.keys.members.has(me.id)) await signPresent(me);
  if (!me.namesAreOld) return;
  await ask("PUT", "/api/desk/names", numberShape, await me.sealNamesFile());
  await me.refresh();
  await signPresent(me);
}

/** Throw a `Problem` for an entry that a member must not sign. */
export function checkSigning(keys: keylist.KeyList, body: keylist.Body): void {
  if (keylist.signingViolation(keys, body)) throw new Problem("recovery-threshold");
}

export async function sign(me: Member, body: keylist.Body, send = post): Promise<number> {
  checkSigning(me.group.keys, body);
  const missingSignatures = await send(body.number, keylist.sign(body, [me.author]));
  await followUp(me);
  return missingSignatures;
}

const post = async (number: number, entry: keylist.SignedEntry): Promise<number> =>
  (await ask("POST", "/api/desk/keylist", decidedShape, { number, entry })).missing_signatures;
