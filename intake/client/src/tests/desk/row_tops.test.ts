/** Where the rows of a long list begin, when they differ in height. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rowAt, topsOf } from "../../desk/cases/row_tops.js";

test("each row begins where the one before it ends, with the headings between them", () => {
  assert.deepEqual(topsOf([100, 120, 80], [], 48), [0, 100, 220, 300]);
  assert.deepEqual(topsOf([100, 120, 80], [0, 2], 48), [0, 148, 268, 396]);
  assert.deepEqual(topsOf([], [], 48), [0]);
});

test("the row at a distance is the one that covers it, or the nearest", () => {
  const tops = topsOf([100, 120, 80], [], 48);
  const expected: [number, number][] = [[-50, 0], [0, 0], [99, 0], [100, 1], [219, 1], [220, 2], [999, 2]]; // prettier-ignore
  for (const [distance, row] of expected) assert.equal(rowAt(tops, distance), row, String(distance));
  assert.equal(rowAt([0], 10), 0);
});
