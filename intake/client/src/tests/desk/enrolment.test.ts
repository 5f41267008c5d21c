/** A newcomer's browser against a host that denies the group. tests/cli/test_enrolment.py tests the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { today } from "../../crypto/encoding.js";
import { readInvitation, readLink } from "../../desk/enrol/enrolment.js";

const DIGITS = "1234567890".repeat(4);

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
  const asked = host(false);
  await assert.rejects(readInvitation(readLink(`#token.${DIGITS}`)), {
    reason: "a link that names a group, on a server that has none",
  });
  assert.deepEqual(asked, ["/api/desk/enrolment/"]);
});

test("a link whose fingerprint is not whole is refused before the host is asked", () => {
  for (const rest of ["1", DIGITS.slice(1), `${DIGITS}1`, `${DIGITS.slice(0, 30)}&fbclid=1`])
    assert.throws(() => readLink(`#token.${rest}`), { kind: "broken-link" }, rest);
});

test("a link is read in every form in which messengers send it", () => {
  for (const link of [
    `#tok-_en.${DIGITS}.`,
    `#tok-_en.${DIGITS}&fbclid=Iw1`,
    `#tok-_en%2E${DIGITS}%20`,
    ` #tok-_en.${DIGITS}\n`,
  ])
    assert.deepEqual(readLink(link), { invite: "tok-_en", fingerprint: DIGITS }, link);
  assert.deepEqual(readLink("#tok-_en"), { invite: "tok-_en", fingerprint: "" });
});

test("a link without a fingerprint may found a group, and one with a fingerprint leads to a group", async () => {
  host(false);
  assert.equal((await readInvitation(readLink("#token"))).founded, false);
  host(true);
  assert.equal((await readInvitation(readLink(`#token.${"1234567890".repeat(4)}`))).founded, true);
});
