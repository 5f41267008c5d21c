/** Files of an earlier version open: tests/vectors/before/. tests/crypto/test_before.py reads the same file. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as age from "../../crypto/age/age.js";
import * as protocol from "../../crypto/case/case.js";
import type { AuthorKey } from "../../crypto/signing.js";
import { unb64 } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import * as receipt from "../../crypto/receipt.js";
import * as statement from "../../crypto/statement.js";
import * as unlocker from "../../crypto/unlocker.js";

// eslint-free: a frozen file of many shapes.
type Given = any;

const written: Given = JSON.parse(readFileSync(`${process.env["VECTORS"]!}/before/group.json`, "utf8"));
const { group, fingerprint, today } = written;
const handles = Object.keys(written.people);
const list = (): keylist.KeyList => keylist.verify(written.entries, today, { group, fingerprint });
const keyOf: AuthorKey = (member, head) => keylist.authorOf(list())(member, head);
const identities = (handle: string): Promise<age.Identity[]> =>
  Promise.all(written.people[handle].epochs.map((seed: string) => age.identityFromSeed(unb64(seed, 32))));

test("the key list of an earlier version verifies", () => {
  const keys = list();
  assert.deepEqual([...keys.members.keys()].sort(), handles.map((handle) => written.people[handle].member).sort());
  assert.equal(keys.pending, null);
});

test("the statements of an earlier version verify", async () => {
  for (const handle of handles) {
    const mine = written.statements.filter(
      (one: Given) => JSON.parse(one.body).member === written.people[handle].member,
    );
    assert.equal(mine.length, 1);
    assert.equal(statement.check(mine[0], list(), today).recipient, (await identities(handle)).at(-1)!.recipient);
  }
});

for (const handle of handles) {
  test(`each way opens the keyring of ${handle}, and the names open`, async () => {
    const { passphrase, paper, member, keyring: file, epochs } = written.people[handle];
    const ways = [
      await unlocker.fromPassphrase(passphrase, group, handle),
      await unlocker.fromPaperCode(paper, group, handle),
    ];
    if (written.passkey.handle === handle)
      ways.push(await unlocker.fromPasskey(unb64(written.passkey.output, 32), group, handle));
    for (const way of ways) {
      const ring = await keyring.open(unb64(file), way.identity, group, member, handle);
      assert.deepEqual(
        ring.epochs.map((one) => one.seed),
        epochs,
      );
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
      const reader = {
        grantee: given.grantee,
        identity: (await identities(handle)).find((key) => age.recipientId(key.recipient) === given.epoch)!,
        known: { keys: list() },
      };
      const opened = await protocol.openCase(one.case, { ...one, ...given }, reader);
      assert.deepEqual(opened.warnings, []);
      const said = [...opened.shared, ...opened.desk];
      const [request, ...rest] = said;
      assert.equal(request!.kind, "request");
      assert.ok((request!.content as Given).answers.some((answer: Given) => answer.values[0] === one.words));
      assert.deepEqual(
        rest.map((each) => each.kind),
        one.shown.map((each: Given) => each.kind),
      );
      const texts = (each: Given[]): string[] =>
        each.map((item) => item.text ?? "").filter((text) => text !== "" && text !== "new");
      assert.deepEqual(texts(rest.map((each) => each.content)), texts(one.shown));
      if (one.hold) assert.equal(opened.hold?.inForce, true);
    });
  }

  test(`a receipt of an earlier version opens: ${part}`, async () => {
    const opened = await receipt.stretch(one.receipt.code, group);
    assert.equal(opened.lookup, one.receipt.lookup);
    const entries = one.shared.map((each: Given) =>
      one.receipt.without.includes(each.number) ? { ...each, file: null } : each,
    );
    const own = await protocol.openOwn(
      { case: one.case, receiptGrant: one.receipt.grant, entries, hold: one.receipt.hold },
      opened,
      { keys: list() },
    );
    assert.deepEqual(
      [own.warnings, own.key.number, own.hold !== null],
      [[], part === "handed" ? 1 : 0, part === "held"],
    );
  });
}
