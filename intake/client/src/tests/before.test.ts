/** What an earlier version wrote opens: tests/vectors/before/. tests/crypto/test_before.py reads the same file. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as age from "../crypto/age.js";
import { b64, unb64 } from "../crypto/encoding.js";
import * as entry from "../crypto/entry.js";
import * as grant from "../crypto/grant.js";
import * as hold from "../crypto/hold.js";
import * as keylist from "../crypto/keylist.js";
import * as keyring from "../crypto/keyring.js";
import * as receipt from "../crypto/receipt.js";
import * as statement from "../crypto/statement.js";
import * as unlocker from "../crypto/unlocker.js";

// eslint-free: a frozen file of many shapes.
type Given = any;

const written: Given = JSON.parse(readFileSync(`${process.env["VECTORS"]!}/before/group.json`, "utf8"));
const { group, fingerprint, today } = written;
const handles = Object.keys(written.people);
const list = (): keylist.KeyList => keylist.verify(written.entries, today, { group, fingerprint });
const keyOf = (member: string): string => keylist.keyOf(list())(member);
const identities = (handle: string): Promise<age.Identity[]> =>
  Promise.all(written.people[handle].epochs.map((seed: string) => age.identityFromSeed(unb64(seed, 32))));

test("the key list of an earlier version verifies", () => {
  const keys = list();
  assert.deepEqual([...keys.members.keys()].sort(), handles.map((handle) => written.people[handle].member).sort());
  assert.equal(keys.pending, null);
});

test("the statements of an earlier version verify", async () => {
  for (const handle of handles) {
    const mine = written.statements.filter((one: Given) => JSON.parse(one.body).member === written.people[handle].member);
    assert.equal(mine.length, 1);
    assert.equal(statement.check(mine[0], list(), today).recipient, (await identities(handle)).at(-1)!.recipient);
  }
});

for (const handle of handles) {
  test(`each way opens the keyring of ${handle}, and the names open`, async () => {
    const { passphrase, paper, member, keyring: file, epochs } = written.people[handle];
    const ways = [await unlocker.fromPassphrase(passphrase, group, handle), await unlocker.fromPaperCode(paper, group, handle)];
    if (written.passkey.handle === handle) ways.push(await unlocker.fromPasskey(unb64(written.passkey.output, 32), group, handle));
    for (const way of ways) {
      const ring = await keyring.open(unb64(file), way.identity, group, member, handle);
      assert.deepEqual(ring.epochs.map((one) => one.seed), epochs);
    }
    const names = await keyring.openNames(unb64(written.names.file), await identities(handle), group, keyOf);
    assert.equal(names.members[member], handle);
  });
}

test("a candidate of an earlier version has the same digits", () => {
  const found = statement.verifyCandidate(written.candidates.at(-1).signed, group);
  assert.equal(found.fingerprint.replaceAll(" ", ""), written.digits);
});

for (const [part, one] of Object.entries<Given>(written.cases)) {
  for (const [handle, given] of Object.entries<Given>(one.grants)) {
    test(`a case of an earlier version opens at the desk: ${part}, ${handle}`, async () => {
      const keys = await grant.open(unb64(given.grant), { case: one.case, ...given }, await identities(handle), keyOf);
      const said: entry.Entry[] = [];
      for (const [sequence, seeds] of [["shared", keys.caseKeys], ["desk", keys.deskKeys]] as const) {
        const openers = await Promise.all(seeds.map((seed) => age.identityFromSeed(seed)));
        const macs = seeds.map((seed) => (sequence === "shared" ? entry.sharedMacKey : entry.deskMacKey)(seed, one.case));
        for (const { number, file, digest } of one[sequence]) {
          said.push(await entry.open(unb64(file), { case: one.case, sequence, number }, openers, macs, keyOf));
          assert.equal(said.at(-1)!.digest, digest);
        }
      }
      const [request, ...rest] = said;
      assert.equal(request!.kind, "request");
      assert.ok((request!.content as Given).answers.some((answer: Given) => answer.values[0] === one.words));
      assert.deepEqual(rest.map((each) => each.kind), one.shown.map((each: Given) => each.kind));
      const texts = (each: Given[]): string[] => each.map((item) => item.text ?? "").filter((text) => text !== "" && text !== "new");
      assert.deepEqual(texts(rest.map((each) => each.content)), texts(one.shown));
      if (one.hold) assert.equal(hold.verify(one.hold, one.case, keyOf).inForce, true);
    });
  }

  test(`a receipt of an earlier version opens: ${part}`, async () => {
    const opened = await receipt.stretch(one.receipt.code, group);
    assert.equal(opened.lookup, one.receipt.lookup);
    const given = await receipt.openGrant(unb64(one.receipt.grant), opened, one.case);
    const macs = [unb64(given.mac, 32)];
    for (const { number, file } of one.shared.filter((each: Given) => !one.receipt.without.includes(each.number))) {
      const found = await entry.open(unb64(file), { case: one.case, sequence: "shared", number }, [opened.identity], macs, keyOf);
      if (number === 0) assert.equal(found.digest, given.request);
      if (found.kind === "keys") macs.push(unb64((found.content as Given).mac, 32));
    }
    assert.equal(b64(macs[0]!), given.mac);
  });
}
