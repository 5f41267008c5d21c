/** A button that starts an action, and the action's result beside it. */
import { html, nothing, type TemplateResult } from "lit";
import { isTicked } from "../page/elements.js";
import { t } from "../page/i18n.js";
import { type ActionState, NOTHING, type Ticks, type Work } from "./action_states.js";

/** Runs actions and returns their states. */
export interface Runner {
  /** Run an action under its name, unless it runs already. `work` returns what to say beside the button. */
  run: (name: string, work: Work) => Promise<void>;
  stateOf: (name: string) => ActionState;
  ticks: Ticks;
}

interface Button {
  name: string;
  words: string;
  kind?: "" | "secondary" | "danger" | "link";
  /** The work of the action. A button without work submits its form. */
  work?: Work;
  /** What the button says while its action runs. */
  busy?: string;
  /** Return false to do something else instead, such as to move the focus to an empty field. */
  ready?: () => boolean;
}

/** Return a button with its action's result. While the action runs, the button keeps the focus and does nothing. */
export function actionButton(
  runner: Runner,
  { name, words, kind = "secondary", work, busy, ready }: Button,
): TemplateResult {
  const isSending = runner.stateOf(name).stage === "sending";
  const press = (event: Event): void => {
    if (isSending) event.preventDefault();
    else if (work && (ready?.() ?? true)) void runner.run(name, work);
  };
  return html`<button type=${work ? "button" : "submit"} class=${kind} aria-disabled=${isSending ? "true" : nothing}
    @click=${press}>${isSending ? (busy ?? t("Saving…")) : words}</button>${resultOf(runner, name)}`;
}

/** Return whether a box shows a tick: as it was pressed, and after that is stored as `isStored` says. */
export const isOnNow = ({ ticks }: Runner, name: string, value: string, isStored: boolean): boolean =>
  ticks.pressed.get(keyOf(name, value)) ?? isStored;

/** Return the listener of a box whose change is an action. One change is stored after the other, in the order of presses. */
export const tickAction =
  (runner: Runner, name: string, value: string, work: (isOn: boolean) => ReturnType<Work>) =>
  (event: Event): void => {
    const { ticks } = runner;
    const isOn = isTicked(event);
    const key = keyOf(name, value);
    ticks.pressed.set(key, isOn);
    ticks.stored = ticks.stored.then(() =>
      runner.run(name, async () => {
        try {
          return (await work(isOn)) ?? NOTHING;
        } finally {
          if (ticks.pressed.get(key) === isOn) ticks.pressed.delete(key);
        }
      }),
    );
  };

const keyOf = (name: string, value: string): string => `${name} ${value}`;

/** Show the result of an action: a failure as an alert. */
export function resultOf(runner: Runner, name: string): TemplateResult | typeof nothing {
  const { stage, words } = runner.stateOf(name);
  const said = words();
  if (!said) return nothing;
  return stage === "sent"
    ? html`<p class="about result" role="status">${said}</p>`
    : html`<p class="notice error result" role="alert">${said}</p>`;
}
