/** Which cases are selected by a click, a range, the filter, and after the list has changed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../desk/cases/rows.js";
import { freshListState, refilter } from "../../desk/cases/list_state.js";
import { extend, freshSelection, keepShown, selectOnly, type Selection, toggle } from "../../desk/cases/selection.js";

const SHOWN = ["a", "b", "c", "d", "e", "f"];
const idsOf = (selection: Selection): string => [...selection.ids].sort().join("");

test("a second press deselects a case", () => {
  const selection = freshSelection();
  toggle(selection, "b");
  toggle(selection, "d");
  assert.equal(idsOf(selection), "bd");
  toggle(selection, "b");
  assert.equal(idsOf(selection), "d");
});

test("Shift selects from the last press to a row, in both directions", () => {
  const selection = freshSelection();
  toggle(selection, "c");
  extend(selection, SHOWN, "e");
  assert.equal(idsOf(selection), "cde");
  extend(selection, SHOWN, "a");
  assert.equal(idsOf(selection), "abc");
});

test("a range that gets shorter keeps what was selected before it", () => {
  const selection = freshSelection();
  toggle(selection, "f");
  toggle(selection, "a");
  extend(selection, SHOWN, "d");
  assert.equal(idsOf(selection), "abcdf");
  extend(selection, SHOWN, "b");
  assert.equal(idsOf(selection), "abf");
});

test("a range whose first case has left the list begins at the row that was pressed", () => {
  const selection = freshSelection();
  toggle(selection, "gone");
  extend(selection, SHOWN, "c");
  keepShown(selection, SHOWN);
  assert.equal(idsOf(selection), "c");
  extend(selection, SHOWN, "d");
  assert.equal(idsOf(selection), "cd");
});

test("a range to a case that is not in the list selects nothing", () => {
  const selection = freshSelection();
  extend(selection, SHOWN, "gone");
  assert.equal(idsOf(selection), "");
});

test("a case that was deleted or filtered out is no longer selected, even if it comes back", () => {
  const list = freshListState();
  const [milk, rent] = [row("a", "milk"), row("b", "rent")];
  refilter(list, [milk, rent], "2026-12-01");
  selectOnly(list.selection, ["a", "b"]);
  refilter(list, [rent], "2026-12-01");
  refilter(list, [milk, rent], "2026-12-01");
  assert.equal(idsOf(list.selection), "b");
  list.filter.search = "milk";
  refilter(list, [milk, rent], "2026-12-01");
  assert.equal(idsOf(list.selection), "");
});

const row = (id: string, words: string): Row =>
  ({
    id,
    open: true,
    expires: "2027-01-01",
    status: "new",
    summary: { arrived: "2026-11-20", kinds: [], name: "" },
    turn: { waiting: "", asked: 0 },
    active: "2026-11-20",
    text: { folded: words, phones: "" },
    whole: true,
  }) as unknown as Row;
