/** Tests whose turn a case is, what is unread for a member, and what a page's title says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attention, isUnread, needsReply, titleWith } from "../../desk/cases/attention.js";
import { turnOf } from "../../desk/cases/turn.js";
import type { Row } from "../../desk/cases/rows.js";
import type { Entry } from "../../crypto/entry.js";

const ARRIVED = "2026-11-20";
const said = (number: number, kind: string, author: string, day = "2026-11-25", content: object = {}) => ({
  number,
  opened: { kind, author, day, content } as unknown as Entry,
});
const theirs = (number: number, day?: string) => said(number, "message", "", day);
const ours = (number: number) => said(number, "message", "sam");
const progressEntry = (number: number, stage: string) => said(number, "progress", "sam", undefined, { stage });
const newKeys = (number: number) => said(number, "keys", "sam");
const row = (turn: Row["turn"], changes: Partial<Row> = {}): Row =>
  ({ id: "case", open: true, status: "in-progress", turn, ...changes }) as Row;

test("a request that nobody has answered waits since the day it arrived", () => {
  assert.deepEqual(turnOf([], ARRIVED), { waiting: ARRIVED, undecided: false, asked: 0, last: ARRIVED });
  assert.equal(turnOf([progressEntry(1, "read")], ARRIVED).waiting, ARRIVED);
});

test("a case waits for a reply when the requester wrote last, and not when the group did", () => {
  assert.equal(turnOf([theirs(3), ours(2)], ARRIVED).waiting, "2026-11-25");
  assert.equal(turnOf([ours(4), theirs(3)], ARRIVED).waiting, "");
  assert.equal(turnOf([progressEntry(2, "in-progress"), theirs(1)], ARRIVED).waiting, "");
});

test("new keys and a hold are not a reply", () => {
  assert.equal(turnOf([newKeys(5), said(4, "hold", "sam"), theirs(3)], ARRIVED).waiting, "2026-11-25");
  assert.equal(turnOf([newKeys(5), ours(4)], ARRIVED).waiting, "");
});

test("a case waits while its newest entries do not show whose turn it is", () => {
  const turn = turnOf([newKeys(5)], ARRIVED);
  assert.equal(turn.undecided, true);
  assert.equal(turn.waiting, ARRIVED);
});

test("a requester's message that does not open asks for attention", () => {
  const turn = turnOf([{ number: 3, opened: null }], ARRIVED);
  assert.equal(turn.waiting, ARRIVED);
  assert.equal(turn.asked, 3);
});

test("a case is unread until its member has seen the requester's newest words", () => {
  assert.equal(isUnread(row(turnOf([theirs(3)], ARRIVED)), 2), true);
  assert.equal(isUnread(row(turnOf([theirs(3)], ARRIVED)), 3), false);
  assert.equal(isUnread(row(turnOf([ours(4), theirs(3)], ARRIVED)), 0), false);
  assert.equal(isUnread(row(turnOf([], ARRIVED)), -1), true);
});

test("a settled case needs a reply only until its newest words are read", () => {
  const done = row(turnOf([theirs(3)], ARRIVED), { status: "done" });
  assert.equal(needsReply(done, 2), true);
  assert.equal(needsReply(done, 3), false);
  assert.equal(needsReply({ ...done, open: false }, 2), false);
});

test("the title says a count and nothing else, and no count when nothing waits", () => {
  const rows = [row(turnOf([theirs(1)], ARRIVED), { id: "a" }), row(turnOf([ours(1)], ARRIVED), { id: "b" })];
  const never = (): boolean => false;
  const counts = attention(rows, () => 0, never);
  assert.deepEqual(counts, { reply: 1, unread: 1, due: 0, any: 1 });
  assert.equal(titleWith(counts.any, "Desk · Group"), "(1) Desk · Group");
  assert.equal(titleWith(attention(rows, () => 9, never).any, "Desk"), "(1) Desk");
  assert.equal(titleWith(0, "Desk"), "Desk");
});
