/** The desk's list, ten thousand rows long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FOLLOW_UPS } from "../../desk/cases/follow_up.js";
import { rowAt, topsOf } from "../../desk/cases/row_tops.js";
import { expiringBy, factsOf } from "../../desk/cases/row_facts.js";
import type { Row } from "../../desk/cases/rows.js";
import { sorted } from "../../desk/cases/sorting.js";
import { takesLessThan } from "./takes.js";

const MARKS = { readUpTo: () => 0, followUps: NO_FOLLOW_UPS };
const rows = Array.from({ length: 10_000 }, (_, n) => ({
  id: String(n),
  open: true,
  fresh: false,
  status: "in-progress",
  expires: `2026-12-${String(10 + ((n * 7) % 20))}`,
  active: "2026-11-20",
  tags: n % 50 ? [] : [String(n % 3)],
  turn: { waiting: "", undecided: false, asked: 0, last: "" },
  summary: { arrived: `2026-11-${String(10 + (n % 20))}`, urgency: "", kinds: ["rent"], language: "en" },
})) as unknown as Row[];

test("ten thousand rows are placed and searched in 20 ms", () => {
  takesLessThan(20, () => {
    const tops = topsOf(new Array<number>(10_000).fill(112), [0, 5000], 48);
    assert.equal(rowAt(tops, 112 * 7000 + 96), 7000);
  });
});

test("ten thousand rows are sorted and grouped in 50 ms", () => {
  takesLessThan(50, () => sorted(rows, "deletion", true, MARKS));
});

test("what is known of ten thousand rows is ready for each of a hundred drawings in 20 ms", () => {
  factsOf(rows);
  takesLessThan(20, () => {
    for (let drawing = 0; drawing < 100; drawing++) assert.equal(expiringBy(factsOf(rows), "2026-12-31"), 10_000);
  });
});
