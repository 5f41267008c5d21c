/** Show the first steps of a new group, until they are done or their member hides them. */
import { html, nothing, type TemplateResult } from "lit";
import { plain } from "../../crypto/digits.js";
import { find } from "../../page/dom.js";
import { t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import type { Member } from "../member/member.js";
import { firstSteps, HIDDEN, showsSteps, type Step } from "./first_steps.js";

interface StepActions extends Actions {
  /** Show the member's own keys. */
  toKeys: () => void;
}

export function firstStepsView(me: Member, actions: StepActions): TemplateResult | typeof nothing {
  if (!showsSteps(me)) return nothing;
  return html`<section class="steps" aria-labelledby="steps"><h2 id="steps">${t("First steps")}</h2>
    <ol>${firstSteps(me).map((step) => stepView(step, me, actions))}</ol>
    ${actionButton(actions, {
      name: "hide steps",
      kind: "link",
      words: t("Hide the first steps"),
      work: () => tick(me, HIDDEN),
    })}</section>`;
}

const stepView = (step: Step, me: Member, actions: StepActions): TemplateResult => html`
  <li class=${step.done ? "done" : ""}><span class="tick" aria-hidden="true">${step.done ? "✓" : ""}</span>
    ${
      step.done
        ? html`<span>${labelOf(step)} <span class="hide">${t("Done")}</span></span>`
        : html`<span>${wayTo(step, me, actions)}</span>`
    }</li>`;

function labelOf({ name }: Step): string {
  switch (name) {
    case "invite":
      return t("Invite a second person");
    case "recovery":
      return t("With three coordinators or more: make a recovery key");
    case "paper":
      return t("Set up your paper code");
    case "backup":
      return t("Automatic backups (the person who runs the server sets them up)");
    case "poster":
      return t("Print the poster");
    case "test":
      return t("Send a test request with the form");
  }
}

/** Show a step that is not done as a link or button that leads to it. */
function wayTo(step: Step, me: Member, actions: StepActions): TemplateResult {
  const label = labelOf(step);
  const button = (act: () => void): TemplateResult =>
    html`<button type="button" class="link" @click=${act}>${label}</button>`;
  switch (step.name) {
    case "invite":
      return button(() => find("invitation").focus());
    case "recovery":
      return button(() => find("recovery").focus());
    case "paper":
      return button(() => actions.toKeys());
    case "poster":
      return html`<a href="../poster/#${plain(me.group.keys.fingerprint)}">${label}</a>
        ${actionButton(actions, {
          name: "poster printed",
          kind: "link",
          words: t("The poster is printed"),
          work: () => tick(me, "poster"),
        })}`;
    case "test":
      return html`<a href="../">${label}</a>`;
    case "backup":
      return html`${label}`;
  }
}

/** Keep in the member's keyring that they ticked a step or hid the list. */
async function tick(me: Member, name: string): Promise<void> {
  await me.changeRing((ring) => ({ ...ring, steps: [...new Set([...(ring.steps ?? []), name])] }));
}
