/**
 * The state of every action that a button or field of the desk starts, by the action's name. All views use this one table.
 *
 * - An action that runs is not started again, so a double click or a slow connection sends once.
 * - The button shows that its action runs, and the result is shown beside it.
 * - The results of earlier actions disappear when another action begins.
 */
import { Problem } from "../net/api.js";

/** `stale`: somebody else changed the same thing first, and nothing was changed. */
export type Stage = "idle" | "sending" | "sent" | "failed" | "stale";

/**
 * A message of the desk. It is a function, so that each drawing says it in the page's language, also after another one was
 * chosen. No state holds the text of a message.
 */
export type Said = () => string;
export const NOTHING: Said = () => "";

/** The stage of an action, and what is said beside its button. */
export interface ActionState {
  stage: Stage;
  words: Said;
}

/** Actions that run, and the results of the last ones. All other actions are idle. */
export type ActionStates = Map<string, ActionState>;

/** The work of an action. It returns what to say beside the button, or nothing. */
export type Work = () => Promise<Said> | Promise<void>;

/** The boxes that were ticked or cleared. */
export interface Ticks {
  /** What was pressed and is not stored yet, by the action's name and the box's value. */
  pressed: Map<string, boolean>;
  /** Resolves once all that was pressed so far is stored. */
  stored: Promise<void>;
}
export const freshTicks = (): Ticks => ({ pressed: new Map(), stored: Promise.resolve() });

const IDLE: ActionState = { stage: "idle", words: NOTHING };

export const stateOf = (states: ActionStates, name: string): ActionState => states.get(name) ?? IDLE;

/** Return whether any action runs. */
export const isSending = (states: ActionStates): boolean =>
  [...states.values()].some(({ stage }) => stage === "sending");

/** Forget the results. Actions that run stay. */
export function forgetResults(states: ActionStates): void {
  for (const [name, { stage }] of states) if (stage !== "sending") states.delete(name);
}

/**
 * Run an action, unless it runs already. `work` returns what to say beside the button. `draw` is called whenever the
 * state changes.
 */
export async function runAction(
  states: ActionStates,
  name: string,
  work: Work,
  errorMessage: (error: unknown) => Said,
  draw: () => void,
): Promise<void> {
  if (stateOf(states, name).stage === "sending") return;
  forgetResults(states);
  states.set(name, { stage: "sending", words: NOTHING });
  draw();
  try {
    states.set(name, { stage: "sent", words: (await work()) ?? NOTHING });
  } catch (error) {
    const isStale = error instanceof Problem && error.kind === "stale";
    states.set(name, { stage: isStale ? "stale" : "failed", words: errorMessage(error) });
  }
  draw();
}
