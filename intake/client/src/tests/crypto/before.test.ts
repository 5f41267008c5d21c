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
import { servedCase, servedOwnCase } from "./served.js";
import * as unlocker from "../../crypto/unlocker.js";

// eslint-free: a frozen file of many shapes.
type Json = any;

const written: Json = JSON.parse(readFileSync(`${process.env["VECTORS"]!}/before/group.json`, "utf8"));
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
      (signed: Json) => JSON.parse(signed.body).member === written.people[handle].member,
    );
    assert.equal(mine.length, 1);
    assert.equal(statement.check(mine[0], list(), today).recipient, (await identities(handle)).at(-1)!.recipient);
  }
});

for (const handle of handles) {
  test(`each way opens the keyring of ${handle}, and the names open`, async () => {
    const { passphrase, paper, member, keyring: file, epochs } = written.people[handle];
    const unlockers = [
      await unlocker.fromPassphrase(passphrase, group, handle),
      await unlocker.fromPaperCode(paper, group, handle),
    ];
    if (written.passkey.handle === handle)
      unlockers.push(await unlocker.fromPasskey(unb64(written.passkey.output, 32), group, handle));
    for (const opener of unlockers) {
      const ring = await keyring.open(unb64(file), opener.identity, group, member, handle);
      assert.deepEqual(
        ring.epochs.map((epoch) => epoch.seed),
        epochs,
      );
    }
    const names = await keyring.openNames(unb64(written.names.file), await identities(handle), group, keyOf);
    assert.equal(names.members[member], handle);
  });
}

test("a candidate of an earlier version has the same digits", () => {
  const verified = statement.verifyCandidate(written.candidates.at(-1).signed, group);
  assert.equal(verified.fingerprint.replaceAll(" ", ""), written.digits);
});

for (const [part, frozen] of Object.entries<Json>(written.cases)) {
  for (const [handle, served] of Object.entries<Json>(frozen.grants)) {
    test(`a case of an earlier version opens at the desk: ${part}, ${handle}`, async () => {
      const reader = {
        grantee: served.grantee,
        identity: (await identities(handle)).find((key) => age.recipientId(key.recipient) === served.epoch)!,
        group: { keys: list() },
      };
      const opened = await protocol.openCase(frozen.case, servedCase({ ...frozen, ...served }), reader);
      assert.deepEqual(opened.warnings, []);
      const entries = [...opened.shared, ...opened.desk];
      const [request, ...later] = entries;
      assert.equal(request!.kind, "request");
      assert.ok((request!.content as Json).answers.some((answer: Json) => answer.values[0] === frozen.words));
      assert.deepEqual(
        later.map((each) => each.kind),
        frozen.shown.map((each: Json) => each.kind),
      );
      const texts = (each: Json[]): string[] =>
        each.map((item) => item.text ?? "").filter((text) => text !== "" && text !== "new");
      assert.deepEqual(texts(later.map((each) => each.content)), texts(frozen.shown));
      if (frozen.hold) assert.equal(opened.hold?.inForce, true);
    });
  }

  test(`a receipt of an earlier version opens: ${part}`, async () => {
    const opened = await receipt.stretch(frozen.receipt.code, group);
    assert.equal(opened.lookup, frozen.receipt.lookup);
    const entries = frozen.shared.map((each: Json) =>
      frozen.receipt.without.includes(each.number) ? { ...each, file: null } : each,
    );
    const own = await protocol.openOwn(
      servedOwnCase({
        case: frozen.case,
        receipt_grant: frozen.receipt.grant,
        entries,
        hold: frozen.receipt.hold,
      }),
      opened,
      { keys: list() },
    );
    assert.deepEqual(
      [own.warnings, own.key.number, own.hold !== null],
      [[], part === "handed" ? 1 : 0, part === "held"],
    );
  });
}
