/** The order of the list: the longest wait, the most urgent, the soonest deletion or the last activity comes first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FOLLOW_UPS } from "../../desk/cases/follow_up.js";
import type { Order } from "../../desk/cases/sorting.js";
import { inPlace, sorted, startsGroup } from "../../desk/cases/sorting.js";
import type { Row } from "../../desk/cases/rows.js";

const row = (id: string, changes: object): Row =>
  ({
    id,
    open: true,
    fresh: false,
    status: "in-progress",
    expires: "2026-12-20",
    active: "2026-11-20",
    turn: { waiting: "", undecided: false, asked: 0, last: "" },
    ...changes,
    summary: { arrived: "2026-11-20", urgency: "", ...("summary" in changes ? (changes.summary as object) : {}) },
  }) as unknown as Row;
const MARKS = { readUpTo: () => 0, followUps: NO_FOLLOW_UPS };
const ids = (rows: Row[], order: Order, grouped = false): string[] =>
  sorted(rows, order, grouped, MARKS).map(({ id }) => id);

test("the requester who waits longest comes first, and one who does not wait comes last", () => {
  const waits = (day: string) => ({ turn: { waiting: day, undecided: false, asked: 1, last: day } });
  const rows = [row("answered", {}), row("since 25", waits("2026-11-25")), row("since 21", waits("2026-11-21"))];
  assert.deepEqual(ids(rows, "waiting"), ["since 21", "since 25", "answered"]);
});

test("the most urgent request comes first, and one without an urgency comes last", () => {
  const urgency = (urgency: string) => row(urgency || "unsaid", { summary: { urgency } });
  const rows = ["", "more", "5-7", "today", "1-3"].map(urgency);
  assert.deepEqual(ids(rows, "urgency"), ["today", "1-3", "5-7", "more", "unsaid"]);
});

test("the next to be deleted and the last that was active come first", () => {
  const rows = [
    row("a", { expires: "2026-12-20", active: "2026-11-21" }),
    row("b", { expires: "2026-12-02", active: "2026-11-29" }),
  ];
  assert.deepEqual(ids(rows, "deletion"), ["b", "a"]);
  assert.deepEqual(ids(rows, "activity"), ["b", "a"]);
});

test("equal rows come newest first", () => {
  const rows = [row("old", { summary: { arrived: "2026-11-01" } }), row("new", { summary: { arrived: "2026-11-29" } })];
  assert.deepEqual(ids(rows, "deletion"), ["new", "old"]);
});

test("groups follow the statuses, unopened cases first and closed ones last, each in the order chosen", () => {
  const rows = [
    row("closed", { open: false }),
    row("done", { status: "done" }),
    row("late", { status: "call-back", expires: "2026-12-30" }),
    row("soon", { status: "call-back", expires: "2026-12-01" }),
    row("fresh", { fresh: true, status: "new" }),
  ];
  const ordered = sorted(rows, "deletion", true, MARKS);
  assert.deepEqual(
    ordered.map(({ id }) => id),
    ["fresh", "soon", "late", "done", "closed"],
  );
  assert.deepEqual(
    ordered.map((_, index) => startsGroup(ordered, index)),
    [true, true, false, true, true],
  );
});

test("rows that arrive while cases are opened come below those on the screen", () => {
  const [first, second] = [row("m", {}), row("p", {})];
  const ordered = [row("a", {}), first, row("n", {}), second];
  assert.deepEqual(
    inPlace(ordered, [first, second], false).map(({ id }) => id),
    ["m", "p", "a", "n"],
  );
});

test("a row that arrives in a grouped list comes at the end of its group", () => {
  const shown = [row("fresh", { fresh: true, status: "new" }), row("done", { status: "done" })];
  const ordered = [row("a fresh", { fresh: true, status: "new" }), ...shown];
  assert.deepEqual(
    inPlace(ordered, shown, true).map(({ id }) => id),
    ["fresh", "a fresh", "done"],
  );
});
