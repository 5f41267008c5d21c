/** Which cases the list marks as handed over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isHandedOver } from "../../desk/cases/rows.js";

const holders = (...members: string[]): { member: string }[] => members.map((member) => ({ member }));

test("a case whose last change is by a member who no longer holds it was handed over", () => {
  assert.ok(isHandedOver({ author: "sam" }, holders("kim", "lee"), "kim"));
});

test("a case that a colleague shares, that the reader changed, or that nobody opened was not handed over", () => {
  assert.ok(!isHandedOver({ author: "sam" }, holders("sam", "kim"), "kim"));
  assert.ok(!isHandedOver({ author: "kim" }, holders("lee"), "kim"));
  assert.ok(!isHandedOver({ author: "" }, holders("kim"), "kim"));
});
