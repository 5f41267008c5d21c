/** Show and set the follow-up of a case: a day, a few words, and for whom. */
import { html, nothing, type TemplateResult } from "lit";
import { addDays } from "../../crypto/encoding.js";
import { type FollowUp, MAX_FOLLOW_UP } from "../../crypto/follow_up.js";
import { errorAlert, isTicked, valueOf } from "../../page/elements.js";
import { formatExpiry, localToday } from "../../page/expiry.js";
import { t } from "../../page/i18n.js";
import { actionButton, resultOf } from "../action_button.js";
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
        work: change(() => cases.setFollowUp(me, opened.id, null), t("The follow-up is done.")),
      })}</div>`
        : resultOf(actions, "follow-up done")
    }
    <details class="plan"><summary>${followUp ? t("Change the follow-up") : t("Set a follow-up")}</summary>
      ${planView(me, state, followUp, change, actions)}</details>`;
}

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
  const button = (name: string, label: string, day: string): TemplateResult =>
    actionButton(actions, {
      name: `follow-up ${name}`,
      words: label,
      ready: () => {
        plan.fault = faultOf(day, today, opened.expires);
        if (plan.fault) actions.draw();
        return !plan.fault;
      },
      work: change(async () => {
        await cases.setFollowUp(me, opened.id, { day, text: words().trim(), member: onlyMe ? me.id : "" });
        Object.assign(plan, { text: null, onlyMe: null, day: "" });
      }, t("The follow-up is set.")),
    });
  return html`<div class="field"><label for="follow-up-text">${t("What to do")}</label>
      <p class="hint" id="follow-up-hint">${t("For colleagues of this case alone. The requester cannot read it.")}</p>
      <input id="follow-up-text" type="text" maxlength=${MAX_FOLLOW_UP} dir="auto" autocomplete="off" spellcheck="false"
        aria-describedby="follow-up-hint" .value=${words()} @input=${(event: Event) => (plan.text = valueOf(event))}></div>
    <label class="choice"><input type="checkbox" .checked=${onlyMe} @change=${(event: Event) => {
      plan.onlyMe = isTicked(event);
      actions.draw();
    }}> ${t("Only for me")}</label>
    <div class="actions">${button("today", t("Today"), today)}${button("tomorrow", t("Tomorrow"), addDays(today, 1))}${button(
      "week",
      t("In a week"),
      addDays(today, WEEK),
    )}</div>
    <div class="field inline"><label for="follow-up-day">${t("On another day")}</label>
      <input id="follow-up-day" type="date" autocomplete="off" min=${today} max=${addDays(opened.expires, -1)}
        .value=${plan.day} @input=${(event: Event) => {
          plan.day = valueOf(event);
          actions.draw();
        }}>
      ${button("day", t("Set this day"), plan.day)}</div>
    ${plan.fault ? errorAlert(plan.fault) : nothing}`;
}

/** Return why a case cannot have a follow-up on a day, or an empty text. */
function faultOf(day: string, today: string, expires: string): string {
  if (!day || day < today) return t("Choose today or a later day.");
  return day < expires
    ? ""
    : t("This case is deleted on %(day)s. Choose an earlier day.", { day: formatExpiry(expires) });
}
