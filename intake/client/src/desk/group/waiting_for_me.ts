/** Which decisions of the group wait for this member. Pure: no page, no network. */
import { has } from "../../crypto/encoding.js";
import type { Member, Proposal } from "../member/member.js";
import type { Newcomer } from "../member/names.js";

export const mine = (me: Member, { entry }: Pick<Proposal, "entry">): boolean => has(entry.signatures, me.id);

/** The candidates whom nobody has proposed yet. */
export function unproposed(me: Member): Newcomer[] {
  const { pending } = me.group.keys;
  const proposed = [...me.proposals, ...(pending ? [pending] : [])]
    .filter(({ body }) => body.kind === "enrol")
    .map(({ body }) => body.member);
  return me.newcomers.filter(({ candidate }) => !proposed.includes(candidate.member));
}

/** Return how many must sign before this member can try a proposed key. The tester signs last. */
export const signaturesBeforeTester = (me: Member, { body, missingSignatures }: Proposal): number =>
  body.kind === "recovery" && body.member === me.id ? Math.max(0, missingSignatures - 1) : 0;

/** Return how many decisions this member can sign and has not signed. Returns 0 if nobody is signed in. */
export function waitingForMe(me: Member | null): number {
  if (!me) return 0;
  const { pending } = me.group.keys;
  return (
    (pending && !mine(me, pending) ? 1 : 0) +
    me.proposals.filter((proposal) => !mine(me, proposal) && !signaturesBeforeTester(me, proposal)).length +
    unproposed(me).length
  );
}
