/** Boxes whose change is stored at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshTicks, NOTHING } from "../../desk/action_states.js";
import { isOnNow, type Runner, tickAction } from "../../desk/action_button.js";

const press = (checked: boolean): Event => ({ target: { checked } }) as unknown as Event;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("a second box that is ticked while the first is being stored stays ticked, and is stored after it", async () => {
  const run: Runner["run"] = async (_, work) => {
    await work();
  };
  const runner: Runner = { run, stateOf: () => ({ stage: "idle", words: NOTHING }), ticks: freshTicks() };
  const isOn = (value: string): boolean => isOnNow(runner, "tags", value, false);
  const stored: string[] = [];
  const ends: (() => void)[] = [];
  const tick = (value: string): ((event: Event) => void) =>
    tickAction(runner, "tags", value, async (isOn) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      stored.push(`${value} ${isOn}`);
    });
  tick("one")(press(true));
  tick("two")(press(true));
  await settled();
  assert.deepEqual([isOn("one"), isOn("two"), ends.length], [true, true, 1]);
  ends[0]!();
  await settled();
  assert.deepEqual([stored, isOn("one"), isOn("two")], [["one true"], false, true]);
  ends[1]!();
  await settled();
  assert.deepEqual([stored, isOn("two")], [["one true", "two true"], false]);
});
