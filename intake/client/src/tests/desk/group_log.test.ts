/** The group's history: each decision has its sentence, with who signed it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, newId } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { Label } from "../../crypto/labels.js";
import { type Author, verifyingKey } from "../../crypto/signing.js";
import { type Event, historyOf } from "../../desk/group/group_log.js";
import { useCatalogue } from "../../page/i18n.js";

(globalThis as { document?: unknown }).document = { documentElement: { dir: "ltr", lang: "en" } };
useCatalogue("{}");

const FOUNDED = "2026-11-20";
const TODAY = "2026-11-30";
const author = (seed: number): Author => ({ member: newId(), seed: new Uint8Array(32).fill(seed) });
const [amal, sam, kim] = [author(1), author(2), author(3)];
const NAMES = new Map([amal, sam, kim].map(({ member }, i) => [member, ["Amal", "Sam", "Kim"][i]!]));
const nameOf = (member: string): string => NAMES.get(member) ?? "?";

type Fields = { member?: string; key?: string; value?: number };

/** Append an entry that these members signed. */
function after(
  keys: keylist.KeyList,
  kind: keylist.Body["kind"],
  fields: Fields,
  ...signers: Author[]
): keylist.KeyList {
  const body = keylist.nextBody(keys, kind, "2026-11-24", fields);
  return keylist.verify([...keys.entries, keylist.sign(body, signers)], TODAY);
}

const founded = keylist.verify([keylist.foundGroup(newId(), amal, FOUNDED)], TODAY);
const enrolment = (newcomer: Author): Fields => ({ member: newcomer.member, key: verifyingKey(newcomer.seed) });
const ofTwo = after(founded, "enrol", enrolment(sam), amal);
const ofThree = after(ofTwo, "enrol", enrolment(kim), amal, sam);
const newest = (keys: keylist.KeyList): [string, ...string[]] => {
  const { words, notes } = historyOf(keys, [], nameOf)[0]!;
  return [words, ...notes];
};

test("the founding, an addition and a removal name the member and who signed", () => {
  assert.deepEqual(newest(founded), ["Amal founded the group."]);
  assert.deepEqual(newest(ofThree), ["Kim was added.", "Signed by: Amal, Sam."]);
  const removed = after(ofThree, "remove", { member: kim.member }, amal, sam);
  assert.deepEqual(newest(removed), ["Kim was removed.", "Signed by: Amal, Sam."]);
});

test("a member who leaves by themselves is not said to be removed", () => {
  assert.deepEqual(newest(after(ofThree, "remove", { member: kim.member }, kim)), ["Kim left the group."]);
});

test("each changed rule says what was decided", () => {
  const recovery = { key: b64(new Uint8Array(32).fill(9)), member: sam.member, value: 2 };
  const decided: [keylist.Body["kind"], Fields, string][] = [
    ["quorum", { value: 1 }, "Decided: From now on 1 member must agree"],
    ["epoch", { value: 14 }, "Decided: Renew keys every 14 days"],
    ["freshness", { value: 7 }, "Decided: Keep the form open for 7 days when nobody signs in"],
    ["recovery", recovery, "Decided: A new recovery key that 2 members open together. Sam tries it first."],
    ["recovery", {}, "Decided: Go on without a recovery key"],
    ["retention", { key: verifyingKey(author(8).seed) }, "The key that signs deletions was changed."],
  ];
  for (const [kind, fields, words] of decided)
    assert.deepEqual(newest(after(ofThree, kind, fields, amal, sam)), [words, "Signed by: Amal, Sam."]);
});

test("cases given to another member with the recovery key are in the history with both names", () => {
  const recovery = { key: b64(new Uint8Array(32).fill(9)), member: sam.member, value: 2 };
  const recoverable = after(ofThree, "recovery", recovery, amal, sam);
  const from = { member: sam.member, key: verifyingKey(kim.seed) };
  assert.deepEqual(newest(after(recoverable, "recover", from, amal, sam)), [
    "Decided: Open the cases of Kim with the recovery key and give them to Sam",
    "Signed by: Amal, Sam.",
  ]);
});

test("a decision that one of two members signed is proposed, and not said to be in force", () => {
  const pending = after(ofTwo, "epoch", { value: 14 }, amal);
  assert.deepEqual(newest(pending), ["Amal proposed: Renew keys every 14 days"]);
  const hash = { key: keylist.hash(pending.entries.at(-1)!) };
  const agreed = historyOf(after(pending, "agree", hash, sam), [], nameOf);
  assert.deepEqual(
    agreed.slice(0, 2).map(({ words, notes }) => [words, ...notes]),
    [["Decided: Renew keys every 14 days", "Signed by: Amal, Sam."], ["Amal proposed: Renew keys every 14 days"]],
  );
  assert.deepEqual(newest(after(pending, "stop", hash, sam)), ["Sam stopped: Renew keys every 14 days"]);
});

test("a decision that nobody stopped says so, and names only its signer", () => {
  const pending = after(ofTwo, "epoch", { value: 14 }, amal);
  // Evidence is not the history's business, so this list has none and is not verified again.
  const body = keylist.nextBody(pending, "enact", "2026-11-28", { key: b64(new Uint8Array(32)) });
  const enacted = { ...pending, pending: null, entries: [...pending.entries, keylist.sign(body, [amal])] };
  assert.deepEqual(newest(enacted), [
    "Decided: Renew keys every 14 days",
    "Signed by: Amal.",
    "Nobody stopped the decision, so it took effect after the waiting time.",
  ]);
});

test("renewals of keys are among the decisions by their day, and nothing else of the server's log is shown", () => {
  const event = (number: number, kind: string, day: string): Event => ({
    format: Label.LOG,
    number,
    previous: "",
    day,
    kind,
    member: sam.member,
    what: "",
  });
  const events = [
    event(0, "rotated", "2026-11-22"),
    event(1, "enrol", "2026-11-23"),
    event(2, "rotated", "2026-11-24"),
  ];
  const lines = historyOf(ofTwo, events, nameOf).map(({ day, words }) => [day, words]);
  assert.deepEqual(lines, [
    ["2026-11-24", "Sam renewed their keys."],
    ["2026-11-24", "Sam was added."],
    ["2026-11-22", "Sam renewed their keys."],
    [FOUNDED, "Amal founded the group."],
  ]);
});
