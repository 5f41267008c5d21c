/** The search finds words in any spelling and phone numbers in any format, in all that was decrypted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Summary } from "../../crypto/entry.js";
import { freshFilter } from "../../desk/cases/filter.js";
import { freshListState, refilter } from "../../desk/cases/list_state.js";
import { duplicates } from "../../desk/cases/pairs.js";
import type { Row } from "../../desk/cases/rows.js";
import { matcher, samePhone, searchable } from "../../desk/cases/search.js";

const finds = (search: string, text: string): boolean => matcher(search)(searchable(text));

test("a phone number is found by its digits in any format", () => {
  for (const written of [
    "0170/123 45 67",
    "+49 (170) 123-45-67",
    "0170.1234567",
    "٠١٧٠١٢٣٤٥٦٧",
    "call 0049 170 1234567 please",
  ]) {
    for (const search of ["01701234567", "0170 123-4567", "+49 170 1234567", "۰۱۷۰ ۱۲۳ ۴۵ ۶۷", "1234567"]) {
      assert.equal(finds(search, written), true, `${search} in ${written}`);
    }
    assert.equal(finds("0170 1234568", written), false, written);
  }
});

test("a short number and a number within words are found as they are written", () => {
  assert.equal(finds("case 9999", "case 9999: milk"), true);
  assert.equal(finds("case 9999", "case 9998: milk"), false);
  assert.equal(finds("flat 12", "flat 12b"), true);
});

test("every word must occur, in any order and spelling", () => {
  assert.equal(finds("lodz MILK", "Milk, in Łódź"), true);
  assert.equal(finds("علي حليب", "حليب إلى على"), true);
  assert.equal(finds("milk bread", "milk"), false);
});

test("numbers of two contacts are the same with and without a country's code", () => {
  assert.equal(samePhone("+49 170 1234567", "0170/1234567"), true);
  assert.equal(samePhone("0170 1234567", "0170 1234568"), false);
  assert.equal(samePhone("123", "123"), false);
});

const row = (id: string, changes: Partial<Row> & { contact?: string; line?: string } = {}): Row =>
  ({
    id,
    open: true,
    status: "new",
    expires: "2026-12-30",
    whole: true,
    turn: { waiting: "", undecided: false, asked: 0, last: "" },
    text: searchable(changes.line ?? ""),
    summary: {
      direction: "need",
      name: "",
      kinds: [],
      line: changes.line ?? "",
      contact: changes.contact ?? "",
      area: "",
    } as unknown as Summary,
    ...changes,
  }) as Row;

test("the same person is noticed by their phone number in another format", () => {
  const [one, other] = [row("a", { contact: "+49 170 1234567" }), row("b", { contact: "٠١٧٠ / ١٢٣٤٥٦٧" })];
  assert.deepEqual(
    duplicates(one, [one, other, row("c", { contact: "0171 7654321" })]).map(({ id }) => id),
    ["b"],
  );
});

test("a search says which requests it has read only in part, until their whole text is there", () => {
  const list = { ...freshListState(), filter: { ...freshFilter(), search: "heater" } };
  const rows = [
    row("short", { line: "milk" }),
    row("long", { line: "milk", whole: false }),
    row("hit", { line: "heater", whole: false }),
  ];
  refilter(list, rows, "2026-11-30");
  assert.deepEqual([list.shown.map(({ id }) => id), list.unsearched], [["hit"], ["long"]]);
  list.texts.set("long", searchable("milk and, much later, a heater"));
  refilter(list, rows, "2026-11-30");
  assert.deepEqual([list.shown.map(({ id }) => id), list.unsearched], [["long", "hit"], []]);
});

test("a search looks through all cases, whichever tab is open", () => {
  const list = { ...freshListState(), filter: { ...freshFilter(), attention: "due", search: "heater" } };
  const rows = [row("read", { line: "heater" })];
  refilter(list, rows, "2026-11-30");
  assert.deepEqual(
    list.shown.map(({ id }) => id),
    ["read"],
  );
  list.filter.search = "";
  refilter(list, rows, "2026-11-30");
  assert.deepEqual(list.shown, []);
});
