/** The state machine of the desk's actions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActionStates, isSending, NOTHING, runAction, type Said, stateOf } from "../../desk/action_states.js";
import { Problem } from "../../net/api.js";

const inWords = (error: unknown): Said => says(error instanceof Problem ? error.kind : "failed");
/** The same text is the same function here, so that states can be compared. */
const said = new Map<string, Said>();
function says(words: string): Said {
  if (!said.has(words)) said.set(words, () => words);
  return said.get(words)!;
}

/** An action that ends when the test says so. */
function held(): { work: () => Promise<Said>; starts: () => number; end: (words: Said) => void } {
  let starts = 0;
  let end: (words: Said) => void = () => undefined;
  const work = (): Promise<Said> => {
    starts++;
    return new Promise((resolve) => (end = resolve));
  };
  return { work, starts: () => starts, end: (words) => end(words) };
}

test("an action that runs is not started a second time", async () => {
  const states: ActionStates = new Map();
  const action = held();
  const first = runAction(states, "reply", action.work, inWords, () => undefined);
  await runAction(states, "reply", action.work, inWords, () => undefined);
  assert.equal(action.starts(), 1);
  assert.equal(stateOf(states, "reply").stage, "sending");
  assert.ok(isSending(states));
  action.end(says("The reply is sent."));
  await first;
  assert.deepEqual(stateOf(states, "reply"), { stage: "sent", words: says("The reply is sent.") });
  assert.ok(!isSending(states));
});

test("a failure and a lost race have different states, and the action can be tried again", async () => {
  const states: ActionStates = new Map();
  for (const [kind, stage] of [
    ["offline", "failed"],
    ["stale", "stale"],
  ] as const) {
    const work = (): Promise<Said> => Promise.reject(new Problem(kind));
    await runAction(states, "note", work, inWords, () => undefined);
    assert.deepEqual(stateOf(states, "note"), { stage, words: says(kind) });
  }
  await runAction(
    states,
    "note",
    () => Promise.resolve(says("kept")),
    inWords,
    () => undefined,
  );
  assert.equal(stateOf(states, "note").stage, "sent");
});

test("the page is drawn at each change, and an earlier result disappears", async () => {
  const states: ActionStates = new Map();
  const drawn: string[] = [];
  const draw = (): void => void drawn.push(`${stateOf(states, "a").stage} ${stateOf(states, "b").stage}`);
  await runAction(states, "a", () => Promise.resolve(NOTHING), inWords, draw);
  await runAction(states, "b", () => Promise.resolve(NOTHING), inWords, draw);
  assert.deepEqual(drawn, ["sending idle", "sent idle", "idle sending", "idle sent"]);
});
