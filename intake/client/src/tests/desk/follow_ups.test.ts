/** Follow-ups in the list: whose they are, which are due, and in which order they come. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { useCatalogue } from "../../page/i18n.js";
import { attention } from "../../desk/cases/attention.js";
import { dueWords } from "../../desk/cases/due_words.js";
import { freshFilter, matching } from "../../desk/cases/filter.js";
import { followUpsOf, ownFollowUp } from "../../desk/cases/follow_up.js";
import type { Row } from "../../desk/cases/rows.js";
import { searchable } from "../../desk/cases/search.js";
import { sorted } from "../../desk/cases/sorting.js";

const TODAY = "2026-12-03"; // a Thursday
const planned = (day: string, member = "") => ({ day, text: "call back", member });
const row = (id: string, followUp: Row["followUp"], changes: object = {}): Row =>
  ({
    id,
    open: true,
    fresh: false,
    status: "call-back",
    followUp,
    holders: { sam: "epoch", kim: "epoch" },
    turn: { waiting: "", undecided: false, asked: 0, last: "" },
    summary: { arrived: "2026-11-20", kinds: [] },
    text: searchable(""),
    ...changes,
  }) as unknown as Row;
const followUps = followUpsOf("sam", () => TODAY);
const marks = { readUpTo: () => 0, followUps };
const ids = (rows: Row[]): string[] => rows.map(({ id }) => id);

test("a follow-up for a colleague is not mine, unless they no longer have the case", () => {
  const mine = (member: string, changes = {}): boolean =>
    ownFollowUp(row("a", planned(TODAY, member), changes), "sam") !== null;
  assert.deepEqual([mine(""), mine("sam"), mine("kim"), mine("lee")], [true, true, false, true]);
  assert.equal(mine("", { open: false }), false);
});

test("the view of what is due has today's and overdue follow-ups, the longest overdue first, and its count", () => {
  const rows = [
    row("today", planned(TODAY)),
    row("none", null),
    row("tomorrow", planned("2026-12-04")),
    row("late", planned("2026-11-30")),
    row("kim's", planned(TODAY, "kim")),
    row("closed", planned(TODAY), { open: false }),
  ];
  const due = matching(rows, { ...freshFilter(), attention: "due", closed: "yes" }, TODAY, marks);
  assert.deepEqual(ids(sorted(due, "follow-up", false, marks)), ["late", "today"]);
  const { due: count, any } = attention(rows, marks.readUpTo, followUps.isDue);
  assert.deepEqual([count, any], [2, 2]);
});

test("sorted by follow-up, the soonest comes first and a case without one last", () => {
  const rows = [row("none", null), row("next", planned("2026-12-09")), row("late", planned("2026-11-30"))];
  assert.deepEqual(ids(sorted(rows, "follow-up", false, marks)), ["late", "next", "none"]);
});

test("the words name the weekday within a week, and the date from then on", () => {
  Object.assign(globalThis, { document: { documentElement: { lang: "en" } } });
  useCatalogue(JSON.stringify({ "": ["d MMMM y", ...Array<string>(11).fill(""), "December"] }));
  const words = (day: string): string => dueWords(day, TODAY);
  assert.equal(words("2026-12-01"), "2 days late");
  assert.equal(words("2026-12-02"), "1 day late");
  assert.equal(words(TODAY), "Due today");
  assert.equal(words("2026-12-04"), "Tomorrow");
  assert.equal(words("2026-12-09"), "Wednesday");
  assert.equal(words("2026-12-10"), "10 December 2026");
});

test("a browser that does not know the page's language names the date and not a weekday of another language", () => {
  Object.assign(globalThis, { document: { documentElement: { lang: "tlh" } } });
  useCatalogue(JSON.stringify({ "": ["d MMMM y", ...Array<string>(11).fill(""), "jarmor"] }));
  assert.equal(dueWords("2026-12-09", TODAY), "9 jarmor 2026");
});
