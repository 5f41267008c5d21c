/** A button that starts an action, and the action's result beside it. */
import { html, nothing, type TemplateResult } from "lit";
import { isTicked } from "../page/elements.js";
import { t } from "../page/i18n.js";
import type { ActionState, Work } from "./action_states.js";

/** Runs actions and returns their states. */
export interface Runner {
  /** Run an action under its name, unless it runs already. `work` returns what to say beside the button. */
  run: (name: string, work: Work) => Promise<void>;
  stateOf: (name: string) => ActionState;
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

/**
 * Return the listener of a box whose change is an action. It reads the box before the action runs, because the page is
 * then drawn again from what is stored.
 */
export const tickAction =
  (runner: Runner, name: string, work: (isOn: boolean) => ReturnType<Work>) =>
  (event: Event): void => {
    const isOn = isTicked(event);
    void runner.run(name, () => work(isOn));
  };

/** Show the result of an action: a failure as an alert. */
export function resultOf(runner: Runner, name: string): TemplateResult | typeof nothing {
  const { stage, words } = runner.stateOf(name);
  if (!words) return nothing;
  return stage === "sent"
    ? html`<p class="about result" role="status">${words}</p>`
    : html`<p class="notice error result" role="alert">${words}</p>`;
}
