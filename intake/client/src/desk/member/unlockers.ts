/** A member's unlockers: change the passphrase, make a new paper code. */
import { b64, newId } from "../../crypto/encoding.js";
import type * as keyring from "../../crypto/keyring.js";
import * as unlocker from "../../crypto/unlocker.js";
import { ask, Problem } from "../../net/api.js";
import { numberShape } from "./answers.js";
import type { Member } from "./member.js";

type Kind = unlocker.Unlocker["kind"];

/** Replace the passphrase. All other sessions end. */
export async function changePassphrase(
  me: Member,
  typed: { present: string; next: string },
  onProgress: (done: number) => void,
): Promise<void> {
  const { group } = me.group.keys;
  const present = await unlocker.fromPassphrase(typed.present, group, me.handle, (done) => onProgress(done / 2));
  const next = await unlocker.fromPassphrase(typed.next, group, me.handle, (done) => onProgress(0.5 + done / 2));
  await replace(me, present, next);
  me.useUnlocker(next.identity);
}

/** Return whether the member has a paper code that was set up. */
export const hasPaperCode = (me: Member): boolean => me.ring.unlockers.some(({ kind }) => kind === "paper");

/** Derive the unlocker of the member's passphrase. Throws a `Problem` for another passphrase. */
export async function provePassphrase(
  me: Member,
  passphrase: string,
  onProgress: (done: number) => void,
): Promise<unlocker.Unlocker> {
  const derived = await unlocker.fromPassphrase(passphrase, me.group.keys.group, me.handle, onProgress);
  if (!me.ring.unlockers.some(({ recipient }) => recipient === derived.identity.recipient))
    throw new Problem("sign-in");
  return derived;
}

/** Set up a paper code that the member has entered. The old one stops working. */
export async function setPaperCode(me: Member, proof: unlocker.Unlocker, code: string): Promise<void> {
  await replace(me, proof, await unlocker.fromPaperCode(code, me.group.keys.group, me.handle));
}

async function replace(me: Member, proof: unlocker.Unlocker, next: unlocker.Unlocker): Promise<void> {
  const id = newId();
  const old = (ring: keyring.Keyring): string[] =>
    ring.unlockers.filter((stored) => stored.kind === next.kind).map((stored) => stored.id);
  await changeUnlockers(me, proof, next, id, old);
}

/** Prove to the server that the member holds an unlocker now. */
export const proofOf = (derived: {
  kind: Kind;
  authentication: Uint8Array;
}): { kind: Kind; authentication: string } => ({
  kind: derived.kind,
  authentication: b64(derived.authentication),
});

/** Add one unlocker and remove others, in the keyring and at the server in one step. */
export async function changeUnlockers(
  me: Member,
  proof: { kind: Kind; authentication: Uint8Array },
  next: unlocker.Unlocker | null,
  id: string,
  drop: (ring: keyring.Keyring) => string[],
  more: object = {},
): Promise<void> {
  let dropped: string[] = [];
  await me.changeRing(
    (ring) => {
      dropped = drop(ring);
      const remaining = ring.unlockers.filter((stored) => !dropped.includes(stored.id));
      return {
        ...ring,
        unlockers: next ? [...remaining, { id, kind: next.kind, recipient: next.identity.recipient }] : remaining,
      };
    },
    (ring) =>
      ask("PUT", "/api/desk/unlockers", numberShape, {
        proof: proofOf(proof),
        keyring: ring,
        add: next
          ? [
              {
                id,
                kind: next.kind,
                handle_id: unlocker.handleId(me.group.keys.group, me.handle),
                authentication: b64(next.authentication),
              },
            ]
          : [],
        drop: dropped,
        ...more,
      }),
  );
}
