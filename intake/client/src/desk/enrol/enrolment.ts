/** Make a new coordinator's keys. The first coordinator founds the group. Later ones send a candidate. */
import * as age from "../../crypto/age/age.js";
import { addDays, b64, newId, today as ownToday, unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import { Label } from "../../crypto/labels.js";
import { day, flag, list, object, text } from "../../crypto/shape.js";
import { digest, newSigningSeed, verifyingKey } from "../../crypto/signing.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import * as unlocker from "../../crypto/unlocker.js";
import { signingDay } from "../../net/clocks.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import { fetchGroup, snapshotOf } from "../../net/group.js";
import { readFingerprint } from "../../net/link.js";

const lookShape = object({ today: day, retention: text, founded: flag, statements: list(statement.signedShape) });

/** The content of an enrolment link after `#`: the token and, once there is a group, its fingerprint. */
export interface Link {
  invite: string;
  fingerprint: string;
}

export interface Invitation extends Link {
  today: string;
  retention: string;
  founded: boolean;
  statements: statement.Signed[];
}

/** The digits for the new coordinator: the public digits of a group that they founded, or their own to compare. */
export interface Enrolled {
  founded: boolean;
  digits: string;
}

/** A new coordinator's choices. `paperCode` is empty if they continue without one. */
export interface Choices {
  handle: string;
  passphrase: string;
  paperCode: string;
}

/** Read an enrolment link's fragment. Throws a `Problem` if the fingerprint in it is incomplete. */
export function readLink(hash: string): Link {
  const [, invite = "", rest = ""] = /^#?(?:%23)?([\w-]*)(?:\.|%2e)?(.*)$/isu.exec(hash.trim()) ?? [];
  const fingerprint = readFingerprint(rest);
  if (fingerprint.kind === "broken") throw new Problem("broken-link");
  return { invite, fingerprint: fingerprint.kind === "whole" ? fingerprint.digits : "" };
}

/** Check the link. Throws `Problem`, or `CryptoError` if the host denies the group that the link names. */
export async function readInvitation(link: Link): Promise<Invitation> {
  const response = await askAgain("POST", "/api/desk/enrolment/", lookShape, { invite: link.invite });
  if (link.fingerprint && !response.founded)
    throw new CryptoError("key list", "a link that names a group, on a server that has none");
  return { ...link, ...response };
}

/** Make all keys, and send the server its part. */
export async function enrol(
  invitation: Invitation,
  typed: Choices,
  onProgress: (done: number) => void,
): Promise<Enrolled> {
  const handle = unlocker.normaliseHandle(typed.handle);
  const today = signingDay({ own: ownToday(), server: invitation.today });
  const existing = invitation.founded ? await fetchGroup({ fingerprint: invitation.fingerprint }) : null;
  if (invitation.founded && !existing) throw new Problem("not-open");
  const [member, seed, epoch] = [newId(), newSigningSeed(), await age.newIdentity()];
  const author = { member, seed };
  const keys = existing?.keys ?? foundGroup(newId(), author, today, invitation.retention);
  const { group } = keys;
  const derived = [
    await unlocker.fromPassphrase(typed.passphrase, group, handle, onProgress),
    ...(typed.paperCode ? [await unlocker.fromPaperCode(typed.paperCode, group, handle)] : []),
  ];
  const unlockers = derived.map((made) => ({
    id: newId(),
    kind: made.kind,
    handle_id: unlocker.handleId(group, handle),
    authentication: b64(made.authentication),
  }));
  const ring = await keyring.seal({
    format: Label.KEYRING,
    group,
    member,
    number: 1,
    handle,
    signing: b64(seed),
    epochs: [
      {
        id: age.recipientId(epoch.recipient),
        seed: b64(age.seedOf(epoch)),
        from: today,
        until: addDays(today, keys.epochDays),
      },
    ],
    head: { number: keys.entries.length - 1, hash: keylist.head(keys) },
    unlockers: derived.map((made, i) => ({
      id: unlockers[i]!.id,
      kind: made.kind,
      recipient: made.identity.recipient,
    })),
    shares: [],
    views: [],
    snapshot: { version: existing ? 0 : 1, starts: existing ? {} : { [member]: today } },
  });
  const candidate = statement.signCandidate({ group, member, key: verifyingKey(seed) }, seed);
  const signedStatement = statement.sign(
    {
      group,
      member,
      recipient: epoch.recipient,
      head: keylist.head(keys),
      from: today,
      until: addDays(today, keys.epochDays + statement.GRACE_DAYS),
      tags: [],
    },
    seed,
  );
  const names = {
    format: Label.NAMES,
    group,
    number: existing ? 0 : 1,
    author: member,
    members: { [member]: handle },
    head: keylist.head(keys),
  };
  const body = { invite: invitation.invite, candidate, statement: signedStatement, keyring: b64(ring), unlockers };
  if (!existing) {
    const file = await keyring.sealNames(names, [epoch.recipient], author);
    const first = snapshot.sign(
      {
        group,
        member,
        version: 1,
        day: today,
        number: keys.entries.length - 1,
        head: keylist.head(keys),
        statements: { [member]: statement.hashOf(signedStatement) },
        names: 1,
        names_digest: digest(file),
        cases: snapshot.digestOf([]),
      },
      seed,
    );
    await ask("POST", "/api/desk/enrolment/found", object({ enrolled: flag }), {
      ...body,
      entries: keys.entries,
      names: b64(file),
      snapshot: first,
    });
    return { founded: false, digits: keys.fingerprint };
  }
  const members = invitation.statements.flatMap((signed) => {
    try {
      return [statement.verify(signed, keys, existing.on, snapshotOf(existing)).recipient];
    } catch {
      return []; // a colleague who must renew their statement
    }
  });
  const file = b64(await keyring.sealNames(names, members, author));
  await ask("POST", "/api/desk/enrolment/join", object({ waiting: flag }), { ...body, name: file });
  return { founded: true, digits: statement.verifyCandidate(candidate, group).fingerprint };
}

function foundGroup(
  group: string,
  author: { member: string; seed: Uint8Array },
  today: string,
  retention: string,
): keylist.KeyList {
  const first = keylist.foundGroup(group, author, today);
  const body = keylist.nextBody(keylist.verify([first], today), "retention", today, { key: retention });
  unb64(retention, 32);
  return keylist.verify([first, keylist.sign(body, [author])], today);
}
