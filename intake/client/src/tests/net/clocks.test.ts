/** The clock of a dishonest host makes nothing effective, and nothing is signed where the clocks do not agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchGroup } from "../../net/group.js";
import { ClocksError, readingDay, signingDay } from "../../net/clocks.js";
import { addDays, newId, today } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { newSigningSeed } from "../../crypto/signing.js";
import { rotate } from "../../desk/keys/rotation.js";
import { Member } from "../../desk/member/member.js";

const OWN = "2026-11-20";

test("the day for what is refused is this device's, and the host's moves it by one day at most", () => {
  for (const [host, expected] of [
    [0, 0],
    [1, 1],
    [-1, 0],
    [2, 0],
    [3, 0],
    [40, 0],
    [-40, 0],
  ] as const) {
    assert.equal(readingDay({ own: OWN, server: addDays(OWN, host) }), addDays(OWN, expected));
  }
});

test("nothing is signed where the clocks differ by more than a day; otherwise the day has begun by both", () => {
  for (const host of [2, 3, 40, -2, -40])
    assert.throws(() => signingDay({ own: OWN, server: addDays(OWN, host) }), ClocksError);
  for (const [host, expected] of [
    [0, 0],
    [1, 0],
    [-1, -1],
  ] as const) {
    assert.equal(signingDay({ own: OWN, server: addDays(OWN, host) }), addDays(OWN, expected));
  }
});

/** A host that answers with a key list and a day of its choice, and records the paths it is asked for. */
const host = (entries: keylist.SignedEntry[], day: string): string[] => {
  const requests: string[] = [];
  globalThis.fetch = (async (path: string) => {
    requests.push(path);
    return Response.json({ entries, snapshot: null, today: day, maximum_days: 90 });
  }) as typeof fetch;
  return requests;
};

test("a dishonest host whose clock is three days ahead makes nothing effective", async () => {
  const author = { member: newId(), seed: newSigningSeed() };
  const first = keylist.foundGroup(newId(), author, today());
  host([first], addDays(today(), 3));
  assert.equal((await fetchGroup())!.on, today());
  const later = keylist.sign(
    keylist.nextBody(keylist.verify([first], today()), "epoch", addDays(today(), 3), { value: 14 }),
    [author],
  );
  host([first, later], addDays(today(), 3));
  await assert.rejects(fetchGroup(), { message: /future/ });
});

test("keys are not renewed where the clocks differ, and the host is not even asked", async () => {
  const author = { member: newId(), seed: newSigningSeed() };
  const requests = host([keylist.foundGroup(newId(), author, today())], addDays(today(), 40));
  const group = (await fetchGroup())!;
  const me = Object.create(Member.prototype, { group: { value: group } }) as Member;
  await assert.rejects(
    rotate(me, () => undefined),
    ClocksError,
  );
  assert.deepEqual(requests, ["/api/form/keylist"]);
});
