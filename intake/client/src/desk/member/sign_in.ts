/** Sign in: prove an unlocker, open the keyring, verify the group, sign a snapshot of it. */
import * as age from "../../crypto/age/age.js";
import { b64, unb64 } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import { flag, object } from "../../crypto/shape.js";
import { verifyingKey } from "../../crypto/signing.js";
import * as statement from "../../crypto/statement.js";
import * as unlocker from "../../crypto/unlocker.js";
import { ask, Problem } from "../../net/api.js";
import { type Group } from "../../net/group.js";
import { sessionShape } from "./answers.js";
import { payForLoad } from "./load_pricing.js";
import { Member } from "./member.js";
import { readHeldCases, overdueDays, signPresent } from "./snapshots.js";

/** A candidate whose keys are right, and whom the group has not added yet. */
export class WaitingError extends Problem {
  /** `digits` are those that a colleague compares. */
  constructor(readonly digits: string) {
    super("waiting");
  }
}

/** Compute a candidate's digits from their keyring. */
function digitsOf(ring: keyring.Keyring, group: string): string {
  const { member, seed } = keyring.author(ring);
  const signed = statement.signCandidate({ group, member, key: verifyingKey(seed) }, seed);
  return statement.verifyCandidate(signed, group).fingerprint;
}

/**
 * Sign in. Throws `WaitingError` for a candidate. Throws for a key list that lacks what this keyring has seen, and for a
 * keyring from before a rotation.
 */
export async function signIn(
  derived: unlocker.Unlocker,
  group: Group,
  handle: string,
  proof: object = {},
): Promise<Member> {
  const attempt = {
    handle_id: unlocker.handleId(group.keys.group, handle),
    kind: derived.kind,
    authentication: b64(derived.authentication),
    ...proof,
  };
  const session = await payForLoad((paid) => ask("POST", "/api/desk/session", sessionShape, { ...attempt, ...paid }));
  const ring = await keyring.open(unb64(session.keyring), derived.identity, group.keys.group, session.member, handle);
  keylist.verify(group.keys.entries, group.clocks.own, { seen: ring.head });
  if (!group.keys.members.has(session.member)) {
    await ask("DELETE", "/api/desk/session", object({ signed_out: flag })).catch(() => undefined);
    throw new WaitingError(digitsOf(ring, group.keys.group));
  }
  const member = await Member.of(group, ring, derived.identity);
  await member.refresh();
  member.overdue = overdueDays(member.group.snapshot, member.group.on, member.group.keys.freshnessDays);
  await readHeldCases(member);
  await signPresent(member);
  // A keyring is stored before its epoch key is published. One that lacks the key was restored from before a rotation.
  if (member.seat && !ring.epochs.some(({ id }) => id === age.recipientId(member.seat!.recipient))) {
    throw new Problem("old-keys");
  }
  return member;
}
