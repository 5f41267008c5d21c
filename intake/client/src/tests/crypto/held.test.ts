/** A member's own record of the cases they hold. tests/crypto/test_held.py tests the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../crypto/held.js";

const held = (
  id: string,
  request = "as it was",
  until = "2026-12-20",
): { case: string; request: string; until: string } => ({ case: id, request, until });
const TODAY = "2026-11-20";

test("a case that the host drops before it expires is reported", () => {
  assert.deepEqual(compare([held("kept"), held("dropped")], [held("kept"), held("new")], TODAY), {
    missing: ["dropped"],
    replaced: [],
  });
});

test("a case that has expired is not reported", () => {
  assert.deepEqual(compare([held("gone", "as it was", TODAY)], [], TODAY), { missing: [], replaced: [] });
});

test("a case that the host replaces under its id is reported", () => {
  assert.deepEqual(compare([held("case")], [held("case", "another's words")], TODAY), {
    missing: [],
    replaced: ["case"],
  });
});
