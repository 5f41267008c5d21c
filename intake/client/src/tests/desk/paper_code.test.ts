/** The entry that proves that a paper code was written down. */
import assert from "node:assert/strict";
import test from "node:test";
import { differingGroups } from "../../desk/codes/paper_code.js";

const CODE = "0123456789012345678901234567890123456789";

test("a code that was written down is accepted in any script and grouping", () => {
  assert.deepEqual(differingGroups(CODE, CODE), []);
  assert.deepEqual(differingGroups("0123-4567 8901 2345\n6789 0123 4567 8901 2345 6789", CODE), []);
  assert.deepEqual(differingGroups([...CODE].map((digit) => "٠١٢٣٤٥٦٧٨٩"[Number(digit)]!).join(""), CODE), []);
});

test("a wrong digit is named by its group, counted from one", () => {
  assert.deepEqual(differingGroups(`1${CODE.slice(1)}`, CODE), [1]);
  assert.deepEqual(differingGroups(`${CODE.slice(0, 39)}0`, CODE), [10]);
  assert.deepEqual(differingGroups(`${CODE.slice(0, 4)}0000${CODE.slice(8, 12)}0000${CODE.slice(16)}`, CODE), [2, 4]);
});

test("a code that ends early lacks the groups from there on", () => {
  assert.deepEqual(differingGroups(CODE.slice(0, 30), CODE), [8, 9, 10]);
  assert.deepEqual(differingGroups("", CODE), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("digits after the end are a difference of the last group", () => {
  assert.deepEqual(differingGroups(`${CODE}0`, CODE), [10]);
});
