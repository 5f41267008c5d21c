/** What the list's view says of all rows together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expiringBy, factsOf } from "../../desk/cases/row_facts.js";
import type { Row } from "../../desk/cases/rows.js";

const row = (expires: string, open: boolean, kinds: string[], tags: string[] = []): Row =>
  ({ expires, open, tags, summary: { kinds, language: "en", urgency: "" } }) as unknown as Row;
const rows = [row("2026-12-01", true, ["rent", "ride"]), row("2026-12-02", false, ["ride"], ["a"])];

test("each value that occurs is offered once", () => {
  assert.deepEqual([...factsOf(rows).kinds], ["rent", "ride"]);
  assert.deepEqual([...factsOf(rows).tags], ["a"]);
});

test("only open cases count as expiring, until and with the day", () => {
  assert.equal(expiringBy(factsOf(rows), "2026-11-30"), 0);
  assert.equal(expiringBy(factsOf(rows), "2026-12-01"), 1);
  assert.equal(expiringBy(factsOf(rows), "2026-12-31"), 1);
});

test("another array of rows has its own facts", () => {
  assert.equal(expiringBy(factsOf([...rows, row("2026-12-03", true, [])]), "2026-12-31"), 2);
  assert.equal(expiringBy(factsOf(rows), "2026-12-31"), 1);
});
