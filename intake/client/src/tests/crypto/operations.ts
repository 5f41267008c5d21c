/** The operations of the vectors and of the differential fuzzer. tests/crypto/operations.py has the same. */
import * as age from "../../crypto/age/age.js";
import * as protocol from "../../crypto/case/case.js";
import { b64, fromUtf8, netstrings, unb64, utf8 } from "../../crypto/encoding.js";
import * as digits from "../../crypto/digits.js";
import * as entry from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import * as grant from "../../crypto/grant.js";
import * as hold from "../../crypto/hold.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import * as recovery from "../../crypto/recovery.js";
import * as receipt from "../../crypto/receipt.js";
import { Label } from "../../crypto/labels.js";
import { day, parse } from "../../crypto/shape.js";
import * as sheet from "../../crypto/sheet.js";
import { digest, labelledHash, verify } from "../../crypto/signing.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import * as work from "../../crypto/work.js";
import * as unlocker from "../../crypto/unlocker.js";

// eslint-free: vectors are data of many shapes, each operation knows its own.
type Given = any;

const keyOf =
  (keys: Record<string, string>) =>
  (member: string): string => {
    if (!keys[member]) throw new CryptoError("signature", "a signature by someone who was never a member");
    return keys[member];
  };

async function identity(secret: string): Promise<age.Identity> {
  return age.identityFromSeed(age.seedOf({ secret, recipient: "" }));
}
const identities = (given: Given): Promise<age.Identity[]> => Promise.all(given.identities.map(identity));

const unlocked = (found: unlocker.Unlocker): unknown => ({
  recipient: found.identity.recipient,
  authentication: b64(found.authentication),
});

const verified = (given: Given): keylist.KeyList => {
  const { group, fingerprint, seen } = given;
  return keylist.verify(
    Array(given.times ?? 1)
      .fill(given.entries)
      .flat(),
    given.today,
    {
      ...(group ? { group } : {}),
      ...(fingerprint ? { fingerprint } : {}),
      ...(seen ? { seen } : {}),
    },
  );
};

const knownOf = (given: Given): protocol.VerifiedGroup => ({
  keys: verified(given),
  snapshot: given.snapshot,
  floor: given.floor,
});
const shown = ({ warnings, hold: kept }: protocol.OpenCase | protocol.OwnCase): object => ({
  warnings: warnings.map((one) => [one.kind, one.sequence ?? "", one.number, one.reason]),
  hold: kept ? [kept.until, kept.reason, kept.by, kept.inForce] : null,
});
const wordsOf = (entries: entry.Entry[]): unknown[] =>
  entries.map((one) => [one.place.number, one.kind, one.author, "text" in one.content ? one.content.text : ""]);

export const OPERATIONS: Record<string, (given: Given) => unknown> = {
  b64: (given) => b64(unb64(given.text)),
  netstrings: (given) => fromUtf8(netstrings(...given.parts.map(utf8))),
  "receipt digits": (given) => receipt.normalise(given.typed),
  "receipt stretch": async (given) => {
    const found = await receipt.stretch(given.code, given.group);
    return { token: b64(found.token), lookup: found.lookup, recipient: found.identity.recipient };
  },
  handle: (given) => {
    const handle = unlocker.normaliseHandle(given.typed);
    return { handle, id: unlocker.handleId(given.group, handle) };
  },
  passphrase: async (given) => unlocked(await unlocker.fromPassphrase(given.passphrase, given.group, given.handle)),
  passkey: async (given) => unlocked(await unlocker.fromPasskey(unb64(given.output, 32), given.group, given.handle)),
  paper: async (given) => unlocked(await unlocker.fromPaperCode(given.code, given.group, given.handle)),
  age: async (given) => b64(await age.decrypt(unb64(given.file), await identities(given))),
  day: (given) => day(given.text),
  json: (given) => parse(keyring.namesShape, given.text as string),
  recipient: (given) => age.recipientId(age.checkRecipient(given.recipient)),
  sheet: (given) =>
    sheet.write(new Uint8Array(given.length), sheet.Sizes[given.sizes as "ENTRY"], Label.ENTRY, {
      macKey: new Uint8Array(),
    }).length,
  verify: (given) => (verify(given.key, given.label, utf8(given.body), given.signature), true),
  work: (given) => work.fits(given.offer, unb64(given.nonce), given.price),
  entry: async (given) => {
    const place = { case: given.case, sequence: given.sequence, number: given.number };
    const macKeys = new Map<number, Uint8Array>(
      given.mac_keys.map((key: string, number: number) => [number, unb64(key)]),
    );
    const found = await entry.open(unb64(given.file), place, await identities(given), macKeys, keyOf(given.keys));
    const words =
      found.kind === "request" ? found.content.answers[1]!.values[0] : (found.content as { text?: string }).text;
    return { kind: found.kind, author: found.author, words, digest: found.digest };
  },
  grant: async (given) => {
    const found = await grant.open(unb64(given.file), given, await identities(given), keyOf(given.keys));
    return { case_keys: found.keys.caseKeys.map(b64), desk_keys: found.keys.deskKeys.map(b64) };
  },
  case: async (given) => {
    const reader = { grantee: given.grantee, identity: await identity(given.identity), known: knownOf(given) };
    const opened = await protocol.openCase(given.asked, given.served, reader);
    const {
      last: { shared, desk },
    } = opened;
    const last = [
      [shared.number, shared.digest],
      [desk.number, desk.digest],
    ];
    return {
      shared: wordsOf(opened.shared),
      desk: wordsOf(opened.desk),
      last,
      inherited: opened.inherited,
      ...shown(opened),
    };
  },
  "own case": async (given) => {
    const known = knownOf(given);
    const { case: id, receipt_grant: receiptGrant, entries, hold: kept } = given.served;
    const own = await receipt.stretch(given.code, verified(given).group);
    const opened = await protocol.openOwn({ case: id, receiptGrant, entries, hold: kept }, own, known);
    const { key, hidden } = opened;
    return { entries: wordsOf(opened.entries), key: [key.number, key.recipient], hidden, ...shown(opened) };
  },
  "names newness": async (given) => {
    const { keys, snapshot } = knownOf(given);
    const file = unb64(given.file);
    const found = await keyring.openNames(file, await identities(given), verified(given).group, keylist.authorOf(keys));
    keyring.checkNewness(found, digest(file), keys, snapshot!);
    return found.number;
  },
  "receipt grant": async (given) => {
    const found = await receipt.openGrant(
      unb64(given.file),
      await receipt.stretch(given.code, given.group),
      given.case,
    );
    return { recipient: found.recipient, mac: found.mac, shown: found.shown, deletion: found.deletion };
  },
  "key list": (given) => {
    const found = verified(given);
    return {
      members: [...found.members.keys()],
      pending: found.pending !== null,
      fingerprint: found.fingerprint.replaceAll(" ", ""),
      head: keylist.head(found),
    };
  },
  decisions: (given) => {
    const found = verified(given);
    return {
      epoch_days: found.epochDays,
      freshness_days: found.freshnessDays,
      recovery: found.recovery
        ? [found.recovery.key, found.recovery.threshold, [...found.recovery.members].sort(), found.recovery.triedBy]
        : null,
      recovered: found.recovered.map((one) => [one.number, one.day, one.to, one.of, [...one.signers].sort()]),
    };
  },
  combine: async (given) => (await recovery.combine(given.shares, given.deal)).secret,
  proposal: (given) => keylist.checkProposal(verified(given), given.entry).lacking,
  deal: async (given) => {
    const deal = recovery.readDeal(given.signed, given.group, given.key, keyOf(given.keys));
    await recovery.rehearse(deal, new Map(Object.entries(given.shares as Record<string, string>)));
    return { deal: age.recipientId(deal.recipient), value: deal.value };
  },
  share: async (given) => {
    const { group, member, deal } = given;
    const found = await recovery.openShare(
      unb64(given.file),
      await identities(given),
      { group, member, deal },
      keyOf(given.keys),
    );
    return { author: found.author, share: found.share };
  },
  statement: (given) => {
    const keys = verified(given);
    // The fuzzer gives no snapshot.
    if (!given.snapshot) return statement.check(given.signed, keys, given.today);
    return statement.verify(given.signed, keys, given.today, snapshot.read(given.snapshot, keys));
  },
  snapshot: (given) => {
    const { signed, version, ...found } = snapshot.verify(
      given.signed,
      verified(given),
      given.today,
      given.seen_version,
    );
    return { version, hash: snapshot.hashOf(signed), ...found };
  },
  "held digest": (given) => snapshot.digestOf(given.cases),
  hold: (given) => {
    const { until, entry: named, inForce } = hold.verify(given, given.case, keyOf(given.keys));
    return { until, entry: named, in_force: inForce };
  },
  candidate: (given) => {
    const found = statement.verifyCandidate(given.signed, given.group);
    return { member: found.candidate.member, fingerprint: found.fingerprint };
  },
  keyring: async (given) => {
    const found = await keyring.open(
      unb64(given.file),
      await identity(given.identity),
      given.group,
      given.member,
      given.handle,
    );
    return { number: found.number, signing: found.signing, epoch: found.epochs[0]!.id };
  },
  names: async (given) => ({
    members: (await keyring.openNames(unb64(given.file), await identities(given), given.group, keyOf(given.keys)))
      .members,
  }),
  hash: (given) => b64(labelledHash(given.label, utf8(given.body))),
};

/** Like OPERATIONS, with everything that was read: the fuzzer compares it. */
export const WHOLE: Record<string, (given: Given) => unknown> = {
  "read entry": async (given) => {
    const place = { case: given.case, sequence: given.sequence, number: given.number };
    const macKeys = new Map<number, Uint8Array>(
      given.mac_keys.map((key: string, number: number) => [number, unb64(key)]),
    );
    const { place: _, ...rest } = await entry.open(
      unb64(given.file),
      place,
      await identities(given),
      macKeys,
      keyOf(given.keys),
    );
    return rest;
  },
  "read receipt grant": async (given) =>
    receipt.openGrant(
      unb64(given.file),
      { identity: await identity(given.identity), token: unb64(""), lookup: "" },
      given.case,
    ),
  "read keyring": async (given) => ({
    snapshot: keyring.NOTHING_SEEN,
    held: [],
    ...(await keyring.open(unb64(given.file), await identity(given.identity), given.group, given.member, given.handle)),
  }),
  "read names": async (given) =>
    keyring.openNames(unb64(given.file), await identities(given), given.group, keyOf(given.keys)),
  "read sheet": (given) => {
    const page = sheet.parse(unb64(given.page), sheet.Sizes[given.sizes as "ENTRY"]);
    page.checkSignature(Label.ENTRY, given.key || null);
    page.checkMac(given.mac ? unb64(given.mac) : null);
    return b64(page.body);
  },
  "read key list": (given) => {
    const found = verified(given);
    const { group, hashes, members, known, quorum, retention, pending, epochDays, freshnessDays, recovered } = found;
    return {
      group,
      hashes,
      members: Object.fromEntries(members),
      known: Object.fromEntries(known),
      quorum,
      retention,
      pending: pending && keylist.hash(pending.entry),
      epoch_days: epochDays,
      freshness_days: freshnessDays,
      recovery: found.recovery && [
        found.recovery.key,
        found.recovery.threshold,
        [...found.recovery.members].sort(),
        found.recovery.triedBy,
      ],
      recovered: recovered.map((one) => [one.number, one.day, one.to, one.of, [...one.signers].sort()]),
    };
  },
  "ascii digits": (given) => digits.toAscii(given.text),
};
