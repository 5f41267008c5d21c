/** The operations of the vectors and of the differential fuzzer. tests/support/operations.py has the same. */
import * as age from "../../crypto/age/age.js";
import * as protocol from "../../crypto/case/case.js";
import { b64, fromUtf8, netstrings, unb64, utf8 } from "../../crypto/encoding.js";
import * as digits from "../../crypto/digits.js";
import * as entry from "../../crypto/entry.js";
import { CryptoError } from "../../crypto/errors.js";
import { expiryDay } from "../../crypto/expiry.js";
import * as groupWords from "../../crypto/group_words.js";
import * as grant from "../../crypto/grant.js";
import * as hold from "../../crypto/hold.js";
import * as onBehalf from "../../crypto/on_behalf.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { servedCase, servedOwnCase } from "./served.js";
import { identity, ownOperations, shown } from "./own_operations.js";
import * as keyring from "../../crypto/keyring.js";
import * as recovery from "../../crypto/recovery.js";
import * as receipt from "../../crypto/receipt.js";
import { Label } from "../../crypto/labels.js";
import { unpack } from "../../crypto/parcel.js";
import { day, parse } from "../../crypto/shape.js";
import * as sheet from "../../crypto/sheet.js";
import { digest, labelledHash, verify } from "../../crypto/signing.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import * as work from "../../crypto/work.js";
import * as unlocker from "../../crypto/unlocker.js";

// eslint-free: vectors are data of many shapes, each operation knows its own.
type Input = any;

const keyOf =
  (keys: Record<string, string>) =>
  (member: string): string => {
    if (!keys[member]) throw new CryptoError("signature", "a signature by someone who was never a member");
    return keys[member];
  };

const identities = (input: Input): Promise<age.Identity[]> => Promise.all(input.identities.map(identity));
const unlocked = (derived: unlocker.Unlocker): unknown => ({
  recipient: derived.identity.recipient,
  authentication: b64(derived.authentication),
});

const verified = (input: Input): keylist.KeyList => {
  const { group, fingerprint, seen } = input;
  return keylist.verify(
    Array(input.times ?? 1)
      .fill(input.entries)
      .flat(),
    input.today,
    {
      ...(group ? { group } : {}),
      ...(fingerprint ? { fingerprint } : {}),
      ...(seen ? { seen } : {}),
    },
  );
};

const groupOf = (input: Input): protocol.VerifiedGroup => ({
  keys: verified(input),
  snapshot: input.snapshot,
  floor: input.floor,
});
const decisionOf = ({ number, day: on, to, of, signers }: keylist.Recovered): unknown[] => [
  number,
  on,
  to,
  of,
  [...signers].sort(),
];
const macKeysOf = (input: Input): Map<number, Uint8Array> =>
  new Map(input.mac_keys.map((key: string, number: number) => [number, unb64(key)]));
/** Return the text that a member or requester wrote, or the follow-up that the entry sets. */
function textOf({ kind, content }: entry.Entry): string {
  if (kind === "follow-up" && content.follow_up)
    return [content.follow_up.day, content.follow_up.member, content.follow_up.text].join(" ");
  return "text" in content ? content.text : "";
}

const wordsOf = (entries: entry.Entry[]): unknown[] =>
  entries.map((entry) => [entry.position.number, entry.kind, entry.author, textOf(entry)]);

const filesAsText = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, member) => (member instanceof Uint8Array ? b64(member) : member)));

export const OPERATIONS: Record<string, (input: Input) => unknown> = {
  b64: (input) => b64(unb64(input.text)),
  netstrings: (input) => fromUtf8(netstrings(...input.parts.map(utf8))),
  "receipt digits": (input) => receipt.normalise(input.typed),
  "receipt stretch": async (input) => {
    const opened = await receipt.stretch(input.code, input.group);
    return { token: b64(opened.token), lookup: opened.lookup, recipient: opened.identity.recipient };
  },
  handle: (input) => {
    const handle = unlocker.normaliseHandle(input.typed);
    return { handle, id: unlocker.handleId(input.group, handle) };
  },
  passphrase: async (input) => unlocked(await unlocker.fromPassphrase(input.passphrase, input.group, input.handle)),
  passkey: async (input) => unlocked(await unlocker.fromPasskey(unb64(input.output, 32), input.group, input.handle)),
  paper: async (input) => unlocked(await unlocker.fromPaperCode(input.code, input.group, input.handle)),
  age: async (input) => b64(await age.decrypt(unb64(input.file), await identities(input))),
  day: (input) => day(input.text),
  expiry: (input) => expiryDay(day(input.first), input.days),
  json: (input) => parse(keyring.namesShape, input.text as string),
  parcel: (input) => filesAsText(unpack(unb64(input.parcel))),
  recipient: (input) => age.recipientId(age.checkRecipient(input.recipient)),
  sheet: (input) =>
    sheet.write(new Uint8Array(input.length), sheet.Sizes[input.sizes as "ENTRY"], Label.ENTRY, {
      macKey: new Uint8Array(),
    }).length,
  verify: (input) => (verify(input.key, input.label, utf8(input.body), input.signature), true),
  work: (input) => work.fits(input.offer, unb64(input.nonce), input.price),
  entry: async (input) => {
    const position = { case: input.case, sequence: input.sequence, number: input.number };
    const macKeys = macKeysOf(input);
    const opened = await entry.open(unb64(input.file), position, await identities(input), macKeys, keyOf(input.keys));
    const words = opened.kind === "request" ? opened.content.answers[1]!.values[0] : textOf(opened);
    const tagged = "tags" in opened.content ? { tags: opened.content.tags } : {};
    return { kind: opened.kind, author: opened.author, words, digest: opened.digest, ...tagged };
  },
  grant: async (input) => {
    const opened = await grant.open(unb64(input.file), input, await identities(input), keyOf(input.keys));
    return { case_keys: opened.keys.caseKeys.map(b64), desk_keys: opened.keys.deskKeys.map(b64) };
  },
  case: async (input) => {
    const reader = { grantee: input.grantee, identity: await identity(input.identity), group: groupOf(input) };
    const opened = await protocol.openCase(input.asked, servedCase(input.served), reader);
    const last = [opened.last.shared, opened.last.desk].map((entry) => [entry.number, entry.digest]);
    return {
      shared: wordsOf(opened.shared),
      desk: wordsOf(opened.desk),
      last,
      inherited: opened.inherited,
      ...shown(opened),
    };
  },
  "follow-up": async (input) => {
    const reader = { grantee: input.grantee, identity: await identity(input.identity), group: groupOf(input) };
    return protocol.followUpOf((await protocol.openCase(input.asked, servedCase(input.served), reader)).desk);
  },
  "own case": async (input) => {
    const group = groupOf(input);
    const own = await receipt.stretch(input.code, verified(input).group);
    const opened = await protocol.openOwn(servedOwnCase(input.served), own, group);
    const key = [opened.key.number, opened.key.recipient];
    return { entries: wordsOf(opened.entries), key, hidden: opened.hidden, ...shown(opened) };
  },
  "names newness": async (input) => {
    const { keys, snapshot } = groupOf(input);
    const file = unb64(input.file);
    const opened = await keyring.openNames(
      file,
      await identities(input),
      verified(input).group,
      keylist.authorOf(keys),
    );
    keyring.checkRollback(opened, digest(file), keys, snapshot!);
    return opened.number;
  },
  "receipt grant": async (input) => {
    const opened = await receipt.openGrant(
      unb64(input.file),
      await receipt.stretch(input.code, input.group),
      input.case,
    );
    return { recipient: opened.recipient, mac: opened.mac, shown: opened.shown, deletion: opened.deletion };
  },
  "key list": (input) => {
    const keys = verified(input);
    return {
      members: [...keys.members.keys()],
      pending: keys.pending !== null,
      fingerprint: keys.fingerprint.replaceAll(" ", ""),
      head: keylist.head(keys),
    };
  },
  decisions: (input) => {
    const keys = verified(input);
    return {
      epoch_days: keys.epochDays,
      freshness_days: keys.freshnessDays,
      recovery: keys.recovery
        ? [keys.recovery.key, keys.recovery.threshold, [...keys.recovery.members].sort(), keys.recovery.testedBy]
        : null,
      recovered: keys.recovered.map(decisionOf),
    };
  },
  combine: async (input) => (await recovery.combine(input.shares, input.deal)).secret,
  proposal: (input) => keylist.checkProposal(verified(input), input.entry).missingSignatures,
  deal: async (input) => {
    const deal = recovery.readDeal(input.signed, input.group, input.key, keyOf(input.keys));
    await recovery.verifyShares(deal, new Map(Object.entries(input.shares as Record<string, string>)));
    return { deal: age.recipientId(deal.recipient), value: deal.value };
  },
  share: async (input) => {
    const opened = await recovery.openShare(unb64(input.file), await identities(input), input, keyOf(input.keys));
    return { author: opened.author, share: opened.share };
  },
  statement: (input) => {
    const keys = verified(input);
    // The fuzzer gives no snapshot.
    if (!input.snapshot) return statement.check(input.signed, keys, input.today);
    return statement.verify(input.signed, keys, input.today, snapshot.read(input.snapshot, keys));
  },
  snapshot: (input) => {
    const { signed, version, ...fields } = snapshot.verify(
      input.signed,
      verified(input),
      input.today,
      input.seen_version,
    );
    return { version, hash: snapshot.hashOf(signed), ...fields };
  },
  "held digest": (input) => snapshot.digestOf(input.cases),
  hold: (input) => {
    const { until, entry: named, inForce } = hold.verify(input, input.case, keyOf(input.keys));
    return { until, entry: named, in_force: inForce };
  },
  "on behalf": (input) => onBehalf.verify(input.signed, input.case, keyOf(input.keys)),
  candidate: (input) => {
    const opened = statement.verifyCandidate(input.signed, input.group);
    return { member: opened.candidate.member, fingerprint: opened.fingerprint };
  },
  ...ownOperations,
  names: async (input) => {
    const { members, words } = await keyring.openNames(
      unb64(input.file),
      await identities(input),
      input.group,
      keyOf(input.keys),
    );
    return { members, ...(words ? { words } : {}) };
  },
  "group words": (input) =>
    groupWords.verify(input.signed, input.group, input.number, keylist.authorOf(verified(input))),
  hash: (input) => b64(labelledHash(input.label, utf8(input.body))),
};

/** Like OPERATIONS, with everything that was read: the fuzzer compares it. */
export const WHOLE: Record<string, (input: Input) => unknown> = {
  "read entry": async (input) => {
    const position = { case: input.case, sequence: input.sequence, number: input.number };
    const macKeys = macKeysOf(input);
    const { position: _, ...fields } = await entry.open(
      unb64(input.file),
      position,
      await identities(input),
      macKeys,
      keyOf(input.keys),
    );
    return fields;
  },
  "read receipt grant": async (input) =>
    receipt.openGrant(
      unb64(input.file),
      { identity: await identity(input.identity), token: unb64(""), lookup: "" },
      input.case,
    ),
  "read keyring": async (input) => ({
    snapshot: keyring.NOTHING_SEEN,
    held: [],
    ...(await keyring.open(unb64(input.file), await identity(input.identity), input.group, input.member, input.handle)),
  }),
  "read names": async (input) =>
    keyring.openNames(unb64(input.file), await identities(input), input.group, keyOf(input.keys)),
  "read sheet": async (input) => {
    const page = sheet.parse(unb64(input.page), sheet.Sizes[input.sizes as "ENTRY"]);
    await page.checkSignature(Label.ENTRY, input.key || null);
    page.checkMac(input.mac ? unb64(input.mac) : null);
    return b64(page.body);
  },
  "read key list": (input) => {
    const keys = verified(input);
    const { group, hashes, members, allMembers, quorum, retention, pending, epochDays, freshnessDays } = keys;
    return {
      group,
      hashes,
      members: Object.fromEntries(members),
      allMembers: Object.fromEntries(allMembers),
      quorum,
      retention,
      pending: pending && keylist.hash(pending.entry),
      epoch_days: epochDays,
      freshness_days: freshnessDays,
      recovery: keys.recovery && [
        keys.recovery.key,
        keys.recovery.threshold,
        [...keys.recovery.members].sort(),
        keys.recovery.testedBy,
      ],
      recovered: keys.recovered.map(decisionOf),
    };
  },
  "ascii digits": (input) => digits.toAscii(input.text),
};
