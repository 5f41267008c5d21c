/** The group words of a session, changes by two members at once, and templates filled in. docs/reference/format.md, Group words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { newSigningSeed, type Signed } from "../../crypto/signing.js";
import { filledIn, firstField, textIn } from "../../desk/cases/templates.js";
import { restored, withItem, withNames } from "../../desk/group/words_changes.js";
import { NO_WORDS, SessionWords, type Words } from "../../desk/member/words.js";
import { Problem } from "../../net/api.js";

const DAY = "2026-11-20";
const tag = (id: string, label: string): Words["tags"][number] => ({ id, label, colour: "grey" });
const isStale = (error: unknown): boolean => error instanceof Problem && error.kind === "stale";

/** A group of one member, and words that they write under a number. */
function group(): { keys: keylist.KeyList; write: (session: SessionWords, label: string, number: number) => Signed[] } {
  const author = { member: newId(), seed: newSigningSeed() };
  const keys = keylist.verify([keylist.foundGroup(newId(), author, DAY)], DAY);
  const by = { ...author, head: keylist.head(keys) };
  return {
    keys,
    write: (session, label, number) =>
      session.next({ ...NO_WORDS, tags: [tag("a", label)] }, number, DAY, keys.group, by),
  };
}

const labelIn = ({ present }: SessionWords): string => present?.tags[0]?.label ?? "";

test("words older than those that a session has read are not taken, and the session's own are written again", () => {
  const { keys, write } = group();
  const session = new SessionWords();
  const older = write(session, "flood", 2);
  session.take(write(session, "repair", 3), 3, keys);
  session.take(older, 4, keys);
  assert.deepEqual([labelIn(session), session.isLost], ["repair", true]);
  session.take([], 5, keys);
  assert.deepEqual([labelIn(session), session.isLost], ["repair", true]);
  session.take(session.signed, 6, keys);
  assert.deepEqual([labelIn(session), session.isLost], ["repair", false]);
});

test("words that nobody can read neither hide the others nor disappear when a member writes the names again", () => {
  const { keys, write } = group();
  const session = new SessionWords();
  const served = [{ body: "of a later version", signature: "" }, ...write(session, "flood", 2)];
  session.take(served, 3, keys);
  assert.equal(labelIn(session), "flood");
  assert.deepEqual(session.signed, served);
});

test("words with a number above that of their file are refused", () => {
  const { keys, write } = group();
  const session = new SessionWords();
  session.take(write(session, "flood", 9), 3, keys);
  assert.equal(labelIn(session), "");
});

test("a change is made again on a colleague's words, and does not overwrite what they changed", () => {
  const [ours, theirs] = [tag("a", "ours"), tag("b", "theirs")];
  assert.deepEqual(withItem([theirs], null, ours), [theirs, ours]);
  assert.deepEqual(withItem([ours, theirs], ours, tag("a", "new")), [tag("a", "new"), theirs]);
  assert.deepEqual(withItem([ours, theirs], ours, null), [theirs]);
  assert.throws(() => withItem([tag("a", "theirs")], ours, tag("a", "new")), isStale);
  assert.throws(() => withItem([theirs], ours, tag("a", "new")), isStale, "a colleague removed it");
  assert.deepEqual(withItem([tag("a", "new")], ours, tag("a", "new")), [tag("a", "new")], "the answer was lost");
});

test("names of statuses that two members change at once are both kept, and one name is not overwritten", () => {
  const base = { done: "Delivered" };
  assert.deepEqual(withNames({ done: "Delivered", new: "Fresh" }, base, { done: "Handed out" }), {
    done: "Handed out",
    new: "Fresh",
  });
  assert.deepEqual(withNames(base, base, { done: "" }), {});
  assert.throws(() => withNames({ done: "Gone" }, base, { done: "Handed out" }), isStale);
});

test("earlier words are not brought back over words that the member has not seen", () => {
  const [seen, earlier] = [{ ...NO_WORDS, tags: [tag("a", "spoiled")] }, NO_WORDS];
  assert.equal(restored(seen, seen, earlier), earlier);
  assert.throws(() => restored({ ...NO_WORDS, tags: [tag("a", "newer")] }, seen, earlier), isStale);
});

test("a template is in the requester's language, or a related one, or else the group's first", () => {
  const texts = ["en", "pt-BR", "ar"].map((language) => ({ language, text: language }));
  const chosen = (language: string): string | undefined => textIn({ id: "", title: "", texts }, language)?.language;
  assert.deepEqual(["ar", "pt", "hi"].map(chosen), ["ar", "pt-BR", "en"]);
});

test("a field without a value stays for the coordinator, and a requester's name cannot bring a field along", () => {
  assert.equal(filledIn("Dear {name}, {day}", { name: "Noor" }), "Dear Noor, {day}");
  assert.equal(filledIn("Dear {name}", { name: "" }), "Dear {name}");
  assert.equal(filledIn("{constructor} {name}", { name: "{name}" }), "{constructor} {name}");
  assert.equal(firstField("Dear Noor, we come on {day} at {time}"), "{day}");
  assert.equal(firstField("Dear Noor"), "");
});
