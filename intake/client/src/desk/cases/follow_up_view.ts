/** Show and set the follow-up of a case: a day, a few words, and for whom. */
import { html, nothing, type TemplateResult } from "lit";
import { addDays } from "../../crypto/encoding.js";
import { type FollowUp, MAX_FOLLOW_UP } from "../../crypto/follow_up.js";
import { errorAlert, isTicked, valueOf } from "../../page/elements.js";
import { formatExpiry, localToday } from "../../page/expiry.js";
import { t } from "../../page/i18n.js";
import { actionButton, resultOf } from "../action_button.js";
import { NOTHING } from "../action_states.js";
import { escapeText } from "../escape.js";
import type { Member } from "../member/member.js";
import type { CaseState, Change, ViewActions } from "./case_state.js";
import * as cases from "./cases.js";
import { dueWords, WEEK } from "./due_words.js";

/** Show a follow-up in a row: when, and what to do. A long text is cut off. */
export function followUpTag(followUp: FollowUp): TemplateResult {
  const today = localToday();
  return html`<span class="tag follow-up ${followUp.day <= today ? "mark" : ""}">${dueWords(
    followUp.day,
    today,
  )}${followUp.text ? html` · <bdi translate="no">${escapeText(followUp.text)}</bdi>` : nothing}</span>`;
}

export function followUpView(
  me: Member,
  state: CaseState,
  change: Change,
  actions: ViewActions,
): TemplateResult | typeof nothing {
  const { opened } = state;
  const followUp = cases.followUpOf(opened);
  if (!opened.open) return nothing;
  const plan = planView(me, state, followUp, change, actions);
  return html`<h2>${t("Follow-up")}</h2>
    ${
      followUp
        ? html`<p id="follow-up">${followUpTag(followUp)} ${
            followUp.member
              ? t("for %(name)s", { name: me.nameOf(followUp.member) })
              : t("for everybody who has this case")
          }</p>
      <div class="actions">${actionButton(actions, {
        name: "follow-up done",
        words: t("Follow-up done"),
        work: change(
          () => cases.setFollowUp(me, opened.id, null),
          () => t("The follow-up is done."),
        ),
      })}</div>
      <details class="plan"><summary>${t("Change the follow-up")}</summary>${plan}</details>`
        : html`${resultOf(actions, "follow-up done")}<div class="plan">${plan}</div>`
    }${resultOf(actions, "follow-up")}`;
}

/** Show the fields of a follow-up. A press on one of the next days sets it. */
function planView(
  me: Member,
  state: CaseState,
  followUp: FollowUp | null,
  change: Change,
  actions: ViewActions,
): TemplateResult {
  const { opened, plan } = state;
  const today = localToday();
  const words = (): string => plan.text ?? followUp?.text ?? t("Call back"); // as typed when a button is pressed
  const onlyMe = plan.onlyMe ?? Boolean(followUp?.member);
  const set = (day: string): void => {
    const isSet = day < opened.expires && day >= today;
    plan.fault = isSet ? NOTHING : (): string => faultOf(day, today, opened.expires);
    if (!isSet) return actions.draw();
    const work = change(
      async () => {
        await cases.setFollowUp(me, opened.id, { day, text: words().trim(), member: onlyMe ? me.id : "" });
        Object.assign(plan, { text: null, onlyMe: null, day: "" });
        actions.typed();
      },
      () => t("The follow-up is set."),
    );
    void actions.run("follow-up", work);
  };
  const isSending = actions.stateOf("follow-up").stage === "sending";
  const button = (label: string, day: string): TemplateResult =>
    html`<button type="button" class="secondary" aria-disabled=${isSending ? "true" : nothing} @click=${() =>
      set(day)}>${label}</button>`;
  const days = Array.from({ length: WEEK + 1 }, (_, left) => addDays(today, left)).filter(
    (day) => day < opened.expires,
  );
  return html`<div class="field"><label for="follow-up-text">${t("What to do")}</label>
      <p class="hint" id="follow-up-hint">${t("For colleagues of this case alone. The requester cannot read it.")}</p>
      <input id="follow-up-text" type="text" maxlength=${MAX_FOLLOW_UP} dir="auto" autocomplete="off" spellcheck="false"
        aria-describedby="follow-up-hint" .value=${words()} @input=${(event: Event) => {
          plan.text = valueOf(event);
          actions.typed();
        }}></div>
    <div class="days" role="group" aria-label=${t("Follow-up")}>${days.map((day) =>
      button(dayLabel(day, today), day),
    )}</div>
    <details><summary>${t("On another day")}</summary>
      <label class="choice"><input type="checkbox" .checked=${onlyMe} @change=${(event: Event) => {
        plan.onlyMe = isTicked(event);
        actions.draw();
      }}> ${t("Only for me")}</label>
      <div class="field inline"><label for="follow-up-day">${t("On another day")}</label>
        <input id="follow-up-day" type="date" autocomplete="off" min=${today} max=${addDays(opened.expires, -1)}
          .value=${plan.day} @input=${(event: Event) => {
            plan.day = valueOf(event);
            actions.draw();
          }}>
        ${button(t("Set this day"), plan.day)}</div></details>
    ${plan.fault() ? errorAlert(plan.fault()) : nothing}`;
}

function dayLabel(day: string, today: string): string {
  if (day === today) return t("Today");
  return day === addDays(today, WEEK) ? t("In a week") : dueWords(day, today);
}

/** Return why a case cannot have a follow-up on a day. */
function faultOf(day: string, today: string, expires: string): string {
  if (!day || day < today) return t("Choose today or a later day.");
  return t("This case is deleted on %(day)s. Choose an earlier day.", { day: formatExpiry(expires) });
}
