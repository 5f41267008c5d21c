/**
 * Snapshots: a member's client signs the group's state at sign-in, at most once a day, and after each of its changes.
 *
 * Clients of requesters and colleagues rely on the newest snapshot. docs/reference/format.md, Snapshot.
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

const TRIES = 3; // to sign a snapshot, each after a change by a colleague

/**
 * Sign the present state, unless the newest snapshot names it and this member has signed today.
 *
 * Signs nothing if the server's names are not to be trusted, or if the clocks do not agree. Throws `CryptoError` if
 * the server still shows an older snapshot afterwards.
 */
export async function signPresent(me: Member): Promise<void> {
  for (let round = 1; round <= TRIES; round++) {
    if (!agree(me.group.clocks) || !me.names.present || isPresent(me, me.names.present)) return;
    let signed = false;
    try {
      const body = await nextBody(me, me.names.present);
      await ask("PUT", "/api/desk/snapshot", object({ version: whole }), snapshot.sign(body, me.author.seed));
      await pin(me, body);
      signed = true;
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
    }
    await me.refresh();
    if (signed && !me.snapshot) throw new CryptoError("stale snapshot", "a snapshot older than one seen before");
  }
}

/** Read which cases this member holds, and compare them with the last sign-in. */
export async function readHeldCases(me: Member): Promise<void> {
  me.held = (await askAgain("GET", "/api/desk/held", object({ held: list(heldShape) }))).held;
  me.changed ??= compare(me.ring.held ?? [], me.held, me.group.on);
}

/** Return the next snapshot. `names` is the present or the next names file. `own` replaces this member's statement. */
export async function nextBody(me: Member, names: NamesFile, own?: Signed): Promise<Omit<snapshot.Body, "format">> {
  const { keys, clocks } = me.group;
  await readHeldCases(me);
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
    cases: snapshot.digestOf(me.held.map((held) => held.case)),
  };
}

/** Store in the keyring what this snapshot names, so that no later one of this member names anything older. */
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

/** Enact the pending entry that this member signed, once its time has passed. Returns whether it did. */
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

/** Return the age of the newest snapshot in days, or null if it is less than half of the limit. */
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

/** Return the statements that are valid today and not older than one that a snapshot has named. */
function present(me: Member, own?: Signed): Map<string, { signed: Signed; from: string }> {
  const { keys, on } = me.group;
  const starts = me.ring.snapshot?.starts ?? {};
  const statements = new Map<string, { signed: Signed; from: string }>();
  for (const signed of [...me.statements, ...(own ? [own] : [])]) {
    try {
      const { member, from } = statement.check(signed, keys, on);
      if (from >= (starts[member] ?? "")) statements.set(member, { signed, from });
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error; // by a candidate, or by a member who must renew it
    }
  }
  return statements;
}

function newestVersion(me: Member): number {
  const versions = me.snapshots.flatMap((signed) => snapshot.versionOf(signed));
  return Math.max(me.ring.snapshot?.version ?? 0, ...versions);
}

function readable(signed: Signed, keys: keylist.KeyList): snapshot.Snapshot[] {
  try {
    return [snapshot.read(signed, keys)];
  } catch (error) {
    if (error instanceof CryptoError) return []; // by someone who has left
    throw error;
  }
}
