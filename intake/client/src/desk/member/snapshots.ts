/**
 * Snapshots: a member's client signs what it sees at sign-in, at most once a day, and after each change that it made itself. Clients of
 * requesters and colleagues rely on the newest one. docs/reference/format.md, Snapshot.
 */
import { agree, signingDay } from "../../net/clocks.js";
import { daysBetween, has } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { compare } from "../../crypto/held.js";
import { heldShape, NOTHING_SEEN, type Seen } from "../../crypto/keyring.js";
import { list, object, whole } from "../../crypto/shape.js";
import type { Signed } from "../../crypto/signing.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import { decidedShape } from "./answers.js";
import type { Member } from "./member.js";
import type { NamesFile } from "./names.js";

const TRIES = 3; // of a snapshot, each after what a colleague changed meanwhile

/**
 * Sign the present state, unless the newest snapshot names it and this member has signed one today. Nothing is signed while the names that
 * the server shows are not to be trusted, or the two clocks differ.
 */
export async function signPresent(me: Member): Promise<void> {
  for (let round = 1; agree(me.group.clocks) && me.names.present && !isPresent(me, me.names.present); round++) {
    try {
      const body = await nextBody(me, me.names.present);
      await ask("PUT", "/api/desk/snapshot", object({ version: whole }), snapshot.sign(body, me.author.seed));
      await pin(me, body);
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
    }
    await me.refresh();
  }
}

/** Which cases this member holds, and what the host has dropped or replaced since the last sign-in. */
export async function lookForCases(me: Member): Promise<void> {
  me.held = (await askAgain("GET", "/api/desk/held", object({ held: list(heldShape) }))).held;
  me.changed ??= compare(me.ring.held ?? [], me.held, me.group.on);
}

/** The next snapshot. `names` is the names file as it is, or the one that goes along; `own` replaces this member's statement. */
export async function nextBody(me: Member, names: NamesFile, own?: Signed): Promise<Omit<snapshot.Body, "format">> {
  const { keys, clocks } = me.group;
  await lookForCases(me);
  const statements = Object.fromEntries(
    [...present(me, own)].map(([member, { signed }]) => [member, statement.hashOf(signed)]),
  );
  return {
    group: keys.group,
    member: me.id,
    version: newestVersion(me) + 1,
    day: signingDay(clocks),
    number: keys.entries.length - 1,
    head: keylist.head(keys),
    statements,
    names: names.number,
    ...(names.digest === undefined ? {} : { names_digest: names.digest }),
    cases: snapshot.digestOf(me.held.map((one) => one.case)),
  };
}

/** Keep in the keyring what this snapshot names, so that no later one of this member's names anything older. */
export const pin = (me: Member, { version }: { version: number }, own?: Signed): Promise<void> =>
  me.changeRing((ring) => ({
    ...ring,
    snapshot: seenWith(ring.snapshot ?? NOTHING_SEEN, version, present(me, own)),
    held: me.held,
  }));

export const seenWith = (seen: Seen, version: number, named: Map<string, { from: string }>): Seen => ({
  version: Math.max(seen.version, version),
  starts: { ...seen.starts, ...Object.fromEntries([...named].map(([member, { from }]) => [member, from])) },
});

/** Put the pending entry into effect that this member signed and whose time has passed; whether that was done. */
export async function enactPending(me: Member): Promise<boolean> {
  const { keys, clocks } = me.group;
  const { pending } = keys;
  if (!pending || !has(pending.entry.signatures, me.id) || !agree(clocks)) return false;
  const on = me.signingDay;
  const evidence = me.snapshots
    .flatMap((signed) => readable(signed, keys))
    .find((seen) => {
      const from = keylist.enactDay(pending, seen);
      return from !== null && from <= on;
    });
  if (!evidence) return false;
  const body = keylist.nextBody(keys, "enact", on, { key: snapshot.hashOf(evidence.signed) });
  const entry = keylist.sign(body, [me.author], evidence.signed);
  await ask("POST", "/api/desk/keylist", decidedShape, { number: body.number, entry });
  await me.refresh();
  return true;
}

/** Days that the group's newest snapshot was old when this member signed in; null if there was none or it was new enough. */
export function overdueDays(newest: snapshot.Snapshot | null, on: string, bound: number): number | null {
  const days = newest ? daysBetween(newest.day, on) : bound;
  return days * 2 >= bound ? days : null;
}

function isPresent(me: Member, names: NamesFile): boolean {
  const { keys, snapshot: newest, clocks } = me.group;
  if (
    !newest ||
    newest.head !== keylist.head(keys) ||
    newest.names !== names.number ||
    newest.names_digest !== names.digest
  )
    return false;
  const named = present(me);
  const same =
    named.size === Object.keys(newest.statements).length &&
    [...named].every(([member, { signed }]) => snapshot.namesStatement(newest, member, signed));
  return (
    same &&
    me.snapshots.some((signed) =>
      readable(signed, keys).some(({ member, day }) => member === me.id && day === signingDay(clocks)),
    )
  );
}

/** The statements that are valid today, and from no earlier day than one that a snapshot named before. */
function present(me: Member, own?: Signed): Map<string, { signed: Signed; from: string }> {
  const { keys, on } = me.group;
  const starts = me.ring.snapshot?.starts ?? {};
  const found = new Map<string, { signed: Signed; from: string }>();
  for (const signed of [...me.statements, ...(own ? [own] : [])]) {
    try {
      const { member, from } = statement.check(signed, keys, on);
      if (from >= (starts[member] ?? "")) found.set(member, { signed, from });
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error; // of someone who waits, or must renew it
    }
  }
  return found;
}

function newestVersion(me: Member): number {
  const versions = me.snapshots.flatMap((signed) => snapshot.versionOf(signed));
  return Math.max(me.ring.snapshot?.version ?? 0, ...versions);
}

function readable(signed: Signed, keys: keylist.KeyList): snapshot.Snapshot[] {
  try {
    return [snapshot.read(signed, keys)];
  } catch (error) {
    if (error instanceof CryptoError) return []; // of someone who has left
    throw error;
  }
}
