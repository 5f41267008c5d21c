/** What the group's page shows of each member at a glance. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type GroupFacts, workloads } from "../../desk/group/workload.js";

const TODAY = "2026-11-30";
const facts = (changes: Partial<GroupFacts["counts"]> = {}): GroupFacts => ({
  counts: { assignment: "fewest", open: {}, inactive: [], off_duty: [], ...changes },
  group: { keys: { members: new Map([["amal", ""], ["sam", ""], ["kim", ""]]), epochDays: 30 } }, // prettier-ignore
  seats: new Map([
    ["amal", { from: "2026-11-20" }],
    ["sam", { from: "2026-10-31" }],
  ]),
  today: TODAY,
});
const marksOf = (changes?: Partial<GroupFacts["counts"]>): string[][] =>
  workloads(facts(changes)).map(({ marks }) => marks);

test("a member without open cases counts none, and the order is that of the group", () => {
  const counted = workloads(facts({ open: { sam: 4 } })).map(({ member, open }) => [member, open]);
  assert.deepEqual(counted, [["amal", 0], ["sam", 4], ["kim", 0]]); // prettier-ignore
});

test("keys are overdue from the day on which they should be renewed, and not on the day before", () => {
  assert.deepEqual(marksOf(), [[], ["overdue"], ["no-keys"]]);
  assert.deepEqual(
    workloads(facts()).map(({ due }) => due),
    ["2026-12-20", TODAY, null],
  );
  assert.deepEqual(workloads({ ...facts(), today: "2026-11-29" })[1]!.marks, []);
});

test("duty is shown only where cases are assigned by it", () => {
  assert.deepEqual(marksOf({ off_duty: ["amal"] })[0], []);
  assert.deepEqual(marksOf({ assignment: "duty", off_duty: ["amal"] }), [
    ["off-duty"],
    ["overdue", "on-duty"],
    ["no-keys", "on-duty"],
  ]);
});

test("a member who has not signed in for long is marked", () => {
  assert.deepEqual(marksOf({ inactive: ["amal"] })[0], ["inactive"]);
});
