/**
 * Key rotation: encrypt every grant again to a fresh epoch key, in chunks, then swap all of them in one commit.
 *
 * Any window can continue a rotation. The new secret is in the stored keyring before the first grant is encrypted to
 * it. docs/explanation/architecture.md, Key rotation.
 */
import * as age from "../../crypto/age/age.js";
import { addDays, b64, unb64 } from "../../crypto/encoding.js";
import { isInherited } from "../../crypto/case/case.js";
import { CryptoError } from "../../crypto/errors.js";
import * as grant from "../../crypto/grant.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { flag, list, maybe, object, text, whole } from "../../crypto/shape.js";
import { digest } from "../../crypto/signing.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import { signingDay } from "../../net/clocks.js";
import * as cases from "../cases/cases.js";
import type { Member } from "../member/member.js";
import { nextBody, pin } from "../member/snapshots.js";

const ROUNDS = 6; // commits tried, each after a change by someone else
const LONGEST_LIFE = 367; // days that a case may live, its day of arrival included: no grant needs a key that ended earlier
const AT_ONCE = 25; // grants encrypted and sent together: a closed tab loses no more
const lookShape = object({
  epoch: text,
  statement: maybe(statement.signedShape),
  missing: whole,
  grants: list(object({ case: text, version: whole, epoch: text, grant: text })),
  older: list(text),
});
export type OnProgress = (done: number, of: number) => void;

/**
 * Rotate, or continue a rotation. Returns how many cases could not be opened and stay as they are. Throws
 * `ClocksError` if the clocks of this device and the server do not agree.
 */
export async function rotate(me: Member, onProgress: OnProgress): Promise<number> {
  signingDay(me.group.clocks); // refuse before anything is changed
  await me.refresh(); // the granting member may be newer than this window's list
  const epoch = (await begunEpoch(me)) ?? (await begin(me));
  const lost = new Map<string, string>(); // the epoch keys of cases that do not open now
  for (let round = 1; ; round++) {
    await stageAll(me, epoch, lost, onProgress);
    try {
      await commit(me, epoch, lost);
      return lost.size;
    } catch (error) {
      const kind = error instanceof Problem ? error.kind : "";
      if (kind === "not-found") return me.reloadRing().then(() => 0); // another window has committed
      if ((kind !== "missing" && kind !== "stale") || round === ROUNDS) throw error;
      await me.refresh();
    }
  }
}

async function begunEpoch(me: Member): Promise<string | null> {
  const { epoch } = await askAgain("GET", "/api/desk/rotation", lookShape);
  if (!epoch) return null;
  await me.identity(epoch); // another window made it, so read the stored keyring
  return epoch;
}

async function begin(me: Member): Promise<string> {
  const fresh = await age.newIdentity();
  const { keys } = me.group;
  const from = me.signingDay;
  const days = { from, until: addDays(from, keys.epochDays) };
  const signedStatement = statement.sign(
    {
      group: keys.group,
      member: me.id,
      recipient: fresh.recipient,
      head: keylist.head(keys),
      from,
      until: addDays(from, keys.epochDays + statement.GRACE_DAYS),
      tags: me.seat?.tags ?? [],
    },
    me.author.seed,
  );
  const id = age.recipientId(fresh.recipient);
  await me.changeRing(
    (ring) => ({ ...ring, epochs: [...ring.epochs, { id, seed: b64(age.seedOf(fresh)), ...days }] }),
    (ring) =>
      ask("POST", "/api/desk/rotation", object({ started: flag }), { statement: signedStatement, keyring: ring }),
  );
  return id;
}

async function stageAll(me: Member, epoch: string, lost: Map<string, string>, onProgress: OnProgress): Promise<void> {
  const to = (await me.identity(epoch)).recipient;
  for (let total = 0; ;) {
    const { missing, grants } = await askAgain("GET", "/api/desk/rotation", lookShape);
    total = Math.max(total, missing);
    onProgress(total - missing, total);
    const chunk = grants.filter((listed) => !lost.has(listed.case));
    if (chunk.length === 0 && missing <= lost.size) return;
    if (chunk.length === 0) throw new CryptoError("binding", "more unreadable grants than one page holds");
    for (let start = 0; start < chunk.length; start += AT_ONCE) {
      const sealed = await Promise.all(
        chunk.slice(start, start + AT_ONCE).map((listed) => reseal(me, listed, epoch, to, lost)),
      );
      const good = sealed.flat();
      if (good.length) await askAgain("PUT", "/api/desk/rotation/grants", object({ missing: whole }), { grants: good });
      onProgress(total - missing + start + sealed.length, total);
    }
  }
}

async function reseal(
  me: Member,
  listed: { case: string; version: number; epoch: string; grant: string },
  epoch: string,
  to: string,
  lost: Map<string, string>,
): Promise<{ case: string; version: number; file: string }[]> {
  try {
    const address = { case: listed.case, grantee: me.id, epoch: listed.epoch };
    const granted = await grant.open(
      unb64(listed.grant),
      address,
      [await me.identity(listed.epoch)],
      keylist.authorOf(me.group.keys),
    );
    if (isInherited(granted, me.group.keys)) {
      // Keys from a former member are not trusted: make new keys. The server then lists the case again.
      await cases.fresh(me, await cases.readCase(me, listed.case));
      return [];
    }
    const file = await grant.seal({ ...address, epoch }, granted.keys, to, me.author);
    return [{ case: listed.case, version: listed.version, file: b64(file) }];
  } catch (error) {
    // This window may have an old key list, so do not give up the case.
    if (!(error instanceof CryptoError) || error.message === keylist.UNKNOWN_HEAD) throw error;
    lost.set(listed.case, listed.epoch);
    return [];
  }
}

/** Swap all staged grants. An older epoch key stays while a grant needs it: no rotation makes a case unreadable. */
async function commit(me: Member, epoch: string, lost: Map<string, string>): Promise<void> {
  const { older } = await askAgain("GET", "/api/desk/rotation", lookShape);
  const needed = new Set([epoch, ...lost.values(), ...older]);
  const since = addDays(me.group.clocks.own, -LONGEST_LIFE);
  const recipient = (await me.identity(epoch)).recipient;
  const others = [...me.seats.values()].filter((seat) => seat.member !== me.id).map((seat) => seat.recipient);
  const names = await me.sealNamesFile({ recipients: [...others, recipient] });
  const { statement: signedStatement } = await askAgain("GET", "/api/desk/rotation", lookShape);
  if (signedStatement && statement.check(signedStatement, me.group.keys, me.group.on).epoch !== epoch)
    throw new CryptoError("binding", "another statement than the rotation's");
  if (!signedStatement) throw new Problem("not-found"); // another window has committed
  const seen = await nextBody(me, { number: names.number, digest: digest(unb64(names.file)) }, signedStatement);
  const signed = snapshot.sign(seen, me.author.seed);
  await me.changeRing(
    (ring) => ({
      ...ring,
      epochs: ring.epochs.filter((epochKey) => needed.has(epochKey.id) && epochKey.until >= since),
    }),
    (ring) =>
      ask("POST", "/api/desk/rotation/commit", object({ rotated: flag }), {
        keyring: ring,
        names,
        lost: [...lost.keys()],
        snapshot: signed,
      }),
  );
  await pin(me, seen, signedStatement);
  await me.refresh();
}
