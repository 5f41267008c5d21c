/** The first steps of a new group tick themselves off, and their list disappears. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSteps, HIDDEN, type SetupFacts, showsSteps, type StepName } from "../../desk/group/first_steps.js";

const members = (number: number): Map<string, string> =>
  new Map(Array.from({ length: number }, (_, i) => [`member ${i}`, ""]));
const facts = (number = 1, recovery: object | null = null): SetupFacts => ({
  id: "member 0",
  counts: { open: {}, backup_works: false },
  group: { keys: { members: members(number), allMembers: members(number), recovery } },
  ring: { unlockers: [{ kind: "passphrase" }] },
});
const done = (of: SetupFacts): StepName[] =>
  firstSteps(of)
    .filter((step) => step.done)
    .map(({ name }) => name);
const PAPER = { unlockers: [{ kind: "passphrase" }, { kind: "paper" }] };
const ALL_BUT_RECOVERY: SetupFacts = {
  ...facts(2),
  counts: { open: { sam: 1 }, backup_works: true },
  ring: { ...PAPER, steps: ["poster"] },
};

test("a group that was founded a moment ago has done nothing yet", () => {
  assert.deepEqual(done(facts()), []);
  assert.ok(showsSteps(facts()));
});

test("each step ticks itself off from what the client has", () => {
  assert.deepEqual(done(facts(2)), ["invite"]);
  assert.deepEqual(done(facts(3, {})), ["invite", "recovery"]);
  assert.deepEqual(done({ ...facts(), ring: PAPER }), ["paper"]);
  assert.deepEqual(done({ ...facts(), counts: { open: {}, backup_works: true } }), ["backup"]);
  assert.deepEqual(done({ ...facts(), counts: { open: { sam: 1 }, backup_works: false } }), ["test"]);
});

test("a test request stays ticked off after it was closed and deleted", () => {
  assert.deepEqual(done({ ...facts(), ring: { unlockers: [], read: { case: 0 } } }), ["test"]);
});

test("a poster is ticked off by hand alone", () => {
  assert.deepEqual(done({ ...facts(), ring: { unlockers: [], steps: ["poster"] } }), ["poster"]);
});

test("the list disappears when all is done, or when its member hides it", () => {
  assert.ok(!showsSteps(ALL_BUT_RECOVERY));
  assert.ok(showsSteps({ ...ALL_BUT_RECOVERY, ring: PAPER }));
  assert.ok(!showsSteps({ ...facts(), ring: { unlockers: [], steps: [HIDDEN] } }));
});

test("a group of two can finish without a recovery key, and a group of three cannot", () => {
  assert.ok(!showsSteps(ALL_BUT_RECOVERY));
  assert.ok(showsSteps({ ...ALL_BUT_RECOVERY, group: facts(3).group }));
});

test("the list does not wait for backups, which no coordinator can set up", () => {
  const withoutBackups = { open: { sam: 1 }, backup_works: false };
  assert.ok(!showsSteps({ ...ALL_BUT_RECOVERY, counts: withoutBackups }));
  assert.ok(showsSteps({ ...ALL_BUT_RECOVERY, counts: withoutBackups, ring: PAPER }), "the poster is still to do");
});

test("the list waits for the poster with the founder alone", () => {
  const ofThree: SetupFacts = { ...ALL_BUT_RECOVERY, group: facts(3, {}).group, ring: PAPER };
  assert.ok(showsSteps(ofThree));
  assert.ok(!showsSteps({ ...ofThree, id: "member 1" }));
});
