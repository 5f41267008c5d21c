/** A newcomer's digits count as the same only if all 40 are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../desk/group/compare.js";

const DIGITS = "1234567890".repeat(4);
const GROUPS = DIGITS.match(/.{4}/g)!.join(" ");

test("only all 40 digits in their order are the same", () => {
  assert.equal(judge(DIGITS, GROUPS), "same");
  assert.equal(judge(GROUPS, GROUPS), "same");
  assert.equal(judge(DIGITS.slice(1), GROUPS), "different");
  assert.equal(judge(`${DIGITS.slice(0, 39)}1`, GROUPS), "different");
  assert.equal(judge(`${DIGITS}1`, GROUPS), "different");
  assert.equal(judge(DIGITS.slice(0, 39), GROUPS), "short");
  assert.equal(judge("", GROUPS), "");
  for (const text of ["?", "x", DIGITS.replace("1", "l")]) assert.notEqual(judge(text, GROUPS), "same", text);
});
