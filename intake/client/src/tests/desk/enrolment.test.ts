/** A newcomer's browser against a host that denies the group. tests/cli/test_enrolment.py tests the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { today } from "../../crypto/encoding.js";
import { readInvitation, readLink } from "../../desk/enrol/enrolment.js";

/** A host that says whether there is a group, and records the paths it is asked for. */
const host = (founded: boolean): string[] => {
  const asked: string[] = [];
  globalThis.fetch = (async (path: string) => {
    asked.push(path);
    return Response.json({ today: today(), retention: "", founded, statements: [] });
  }) as typeof fetch;
  return asked;
};

test("a host that denies the group which a link names gets no keys", async () => {
  for (const link of [`#token.${"1234567890".repeat(4)}`, "#token.1"]) {
    const asked = host(false);
    await assert.rejects(readInvitation(readLink(link)), { reason: "no group where the link names one" });
    assert.deepEqual(asked, ["/api/desk/enrolment/"]);
  }
});

test("a link without a fingerprint may found a group, and one with a fingerprint leads to a group", async () => {
  host(false);
  assert.equal((await readInvitation(readLink("#token"))).founded, false);
  host(true);
  assert.equal((await readInvitation(readLink(`#token.${"1234567890".repeat(4)}`))).founded, true);
});
