/** Three lone taps of Shift leave the page. tests/e2e/test_exit_keys.py presses real keys, in every browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Key, ShiftTaps } from "../../page/shift_taps.js";

let now = 0;
const event = (key: string, code = key, held: string[] = [], more: Partial<Key> = {}): Key => ({
  key,
  code,
  repeat: false,
  isComposing: false,
  timeStamp: (now += 100),
  getModifierState: (name) => held.includes(name),
  ...more,
});
type Rest = [code?: string, held?: string[], more?: Partial<Key>];
const tap = (taps: ShiftTaps, ...rest: Rest): boolean => {
  taps.keydown(event("Shift", ...rest));
  return taps.keyup(event("Shift", ...rest));
};
const three = (taps: ShiftTaps, ...rest: Rest): boolean[] => [
  tap(taps, ...rest),
  tap(taps, ...rest),
  tap(taps, ...rest),
];

test("three lone taps leave, and a fourth one too", () => {
  const taps = new ShiftTaps();
  assert.deepEqual(three(taps), [false, false, true]);
  assert.equal(tap(taps), true);
});

test("taps of which the first is five seconds old do not leave", () => {
  const taps = new ShiftTaps();
  assert.deepEqual([tap(taps), tap(taps)], [false, false]);
  now += 5_000;
  assert.equal(tap(taps), false);
  assert.equal(tap(taps), false);
  assert.equal(tap(taps), true);
});

test("taps with a modifier held do not leave, and do not count afterwards", () => {
  for (const name of ["Alt", "AltGraph", "Control", "Meta", "OS"]) {
    const taps = new ShiftTaps();
    assert.deepEqual(three(taps, "ShiftLeft", [name]), [false, false, false], name);
    assert.deepEqual([tap(taps), tap(taps)], [false, false]);
  }
});

test("a second Shift key held down is a shortcut", () => {
  const taps = new ShiftTaps();
  taps.keydown(event("Shift", "ShiftLeft"));
  assert.deepEqual(three(taps, "ShiftRight", ["Shift"]), [false, false, false]);
  assert.equal(taps.keyup(event("Shift", "ShiftLeft")), false);
});

test("both Shifts together do not leave, in the order in which WebDriver in Firefox sends them", () => {
  const taps = new ShiftTaps();
  for (let times = 0; times < 4; times++) {
    taps.keydown(event("Shift", "ShiftLeft", ["Shift"]));
    taps.keydown(event("Shift", "ShiftRight", ["Shift"], { repeat: true }));
    assert.equal(taps.keyup(event("Shift", "ShiftRight", ["Shift"])), false);
  }
});

test("a missed release of Shift, as of one of two in Windows, does not stop later taps", () => {
  for (const key of ["ShiftLeft", "ShiftRight"]) {
    const taps = new ShiftTaps();
    taps.keydown(event("Shift", "ShiftLeft", ["Shift"]));
    taps.keydown(event("Shift", "ShiftRight", ["Shift"]));
    assert.equal(taps.keyup(event("Shift", "ShiftRight")), false);
    assert.deepEqual(three(taps, key), [false, false, true], key);
  }
});

test("a Shift that was held before the page was loaded does not count", () => {
  const taps = new ShiftTaps();
  taps.keydown(event("Shift", "ShiftLeft", ["Shift"], { repeat: true }));
  assert.equal(taps.keyup(event("Shift", "ShiftLeft")), false);
  assert.deepEqual([tap(taps), tap(taps)], [false, false]);
});

test("any other event between or during the taps starts the count again", () => {
  for (const disturb of [
    (taps: ShiftTaps) => taps.interrupt(),
    (taps: ShiftTaps) => taps.blur(),
    (taps: ShiftTaps) => taps.compose(false),
    (taps: ShiftTaps) => taps.keydown(event("a")),
    (taps: ShiftTaps) => void taps.keyup(event("a")),
  ]) {
    const between = new ShiftTaps();
    assert.deepEqual([tap(between), tap(between)], [false, false]);
    disturb(between);
    assert.equal(tap(between), false);
    const during = new ShiftTaps();
    assert.deepEqual([tap(during), tap(during)], [false, false]);
    during.keydown(event("Shift"));
    disturb(during);
    assert.equal(during.keyup(event("Shift")), false);
  }
});

test("taps while an input method composes a word do not leave", () => {
  const taps = new ShiftTaps();
  taps.compose(true);
  assert.deepEqual(three(taps), [false, false, false]);
  taps.compose(false);
  assert.deepEqual(three(taps), [false, false, true]);
  assert.deepEqual(three(new ShiftTaps(), "ShiftLeft", [], { isComposing: true }), [false, false, false]);
});

test("a Shift that is pressed or released in another window does not stop later taps", () => {
  const taps = new ShiftTaps();
  assert.equal(taps.keyup(event("Shift", "ShiftLeft")), false);
  taps.keydown(event("Shift", "ShiftLeft"));
  taps.blur();
  assert.deepEqual(three(taps, "ShiftRight"), [false, false, true]);
});

test("a key that repeats while Shift is held counts once", () => {
  const taps = new ShiftTaps();
  taps.keydown(event("Shift"));
  for (let times = 0; times < 5; times++) taps.keydown(event("Shift", "Shift", [], { repeat: true }));
  assert.equal(taps.keyup(event("Shift")), false);
  assert.equal(tap(taps), false);
  assert.equal(tap(taps), true);
});
