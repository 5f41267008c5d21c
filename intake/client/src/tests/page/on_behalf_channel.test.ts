/** What the desk signs for a form in another tab, and what it does not. */
import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { newId } from "../../crypto/encoding.js";
import { verify } from "../../crypto/on_behalf.js";
import { newSigningSeed, verifyingKey } from "../../crypto/signing.js";
import { answerForms, askForMark, type DeskMember } from "../../page/on_behalf_channel.js";

const seed = newSigningSeed();
const sam: DeskMember = { canSign: true, handle: "sam", author: { member: newId(), seed, head: "A".repeat(43) } };
let present: DeskMember | null = sam;
let activity = 0;
const realTimeout = setTimeout;
const desk = answerForms(() => present, { note: () => (activity += 1) });
test.after(() => desk?.close());

/** Ask, and do not wait for a desk that has nothing to say. */
async function impatient(caseId: string): Promise<unknown> {
  mock.timers.enable({ apis: ["setTimeout"] });
  const answer = askForMark(caseId, "door");
  await new Promise((resolve) => realTimeout(resolve, 60)); // an answer would have come
  mock.timers.tick(3_000);
  mock.timers.reset();
  return answer;
}

test("the desk of a signed-in member signs the case and the way that the form names", async () => {
  const id = newId();
  const mark = (await askForMark(id, "phone"))!;
  assert.equal(mark.name, "sam");
  const { member, channel } = verify(mark.signed, id, () => verifyingKey(seed));
  assert.deepEqual([member, channel], [sam.author.member, "phone"]);
});

test("nobody is signed in, or the clocks differ: the form gets no mark", async () => {
  present = null;
  assert.equal(await impatient(newId()), null);
  present = { ...sam, canSign: false };
  assert.equal(await impatient(newId()), null);
  present = sam;
});

test("a form cannot have another text signed than the id of a case", async () => {
  assert.equal(await impatient("x"), null);
  assert.equal(await impatient(`${newId()}AAAA`), null);
});

test("activity on the form counts as activity at the desk", async () => {
  const form = new BroadcastChannel("on-behalf");
  form.postMessage({ active: "" });
  for (let round = 0; round < 100 && !activity; round++) await new Promise((resolve) => setTimeout(resolve, 5));
  form.close();
  assert.equal(activity, 1);
});
