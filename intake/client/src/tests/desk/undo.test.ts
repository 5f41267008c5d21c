/** Changes that are held back, or can be taken back, for ten seconds. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Undos } from "../../desk/undo.js";

/** Run a test with a clock that stands still until it is moved. */
const withClock = (name: string, work: (undos: Undos, calls: string[], wait: (seconds: number) => void) => void) =>
  test(name, () => {
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const wait = (seconds: number): void => mock.timers.tick(seconds * 1000);
      work(new Undos(() => undefined), [], wait);
    } finally {
      mock.timers.reset();
    }
  });

const add = (undos: Undos, calls: string[], isHeld: boolean): void =>
  undos.add(
    () => "share",
    isHeld,
    () => calls.push("undone"),
    () => calls.push("made"),
  );

withClock("a change that is held back is made after ten seconds and not before", (undos, calls, wait) => {
  add(undos, calls, true);
  assert.ok(undos.isHolding);
  wait(9);
  assert.deepEqual(calls, []);
  wait(1);
  assert.deepEqual(calls, ["made"]);
  assert.ok(!undos.isHolding);
  wait(60);
  assert.deepEqual(calls, ["made"]);
});

withClock("a change that was undone is never made", (undos, calls, wait) => {
  add(undos, calls, true);
  wait(9);
  undos.undo(undos.entries[0]!);
  wait(60);
  assert.deepEqual(calls, ["undone"]);
});

withClock("signing out drops what is held back", (undos, calls, wait) => {
  add(undos, calls, true);
  add(undos, calls, true);
  undos.drop();
  wait(60);
  assert.deepEqual(calls, []);
  assert.equal(undos.entries.length, 0);
});

withClock("a press on Undo after its time changes nothing", (undos, calls, wait) => {
  add(undos, calls, true);
  const [entry] = undos.entries;
  wait(10);
  undos.undo(entry!);
  assert.deepEqual(calls, ["made"]);
});

withClock("each of two changes has ten seconds of its own", (undos, calls, wait) => {
  add(undos, calls, true);
  wait(6);
  undos.add(
    () => "close",
    false,
    () => calls.push("taken back"),
    () => undefined,
  );
  assert.deepEqual(
    undos.entries.map(({ left }) => left),
    [4, 10],
  );
  wait(4);
  assert.deepEqual(calls, ["made"]);
  undos.undo(undos.entries[0]!);
  assert.deepEqual(calls, ["made", "taken back"]);
});
