/** Show what a coordinator can do with a whole case: assign it, keep it longer, close it. */
import { addDays } from "../../crypto/encoding.js";
import { expiryOn, formatExpiry, localDate } from "../../page/expiry.js";
import { t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";
import { type Member } from "../member/member.js";
import { type Act, type CaseState, type ViewActions, focusIfEmpty } from "./case_state.js";
import * as cases from "./cases.js";
import * as assignment from "./assignment.js";
import * as holds from "./holds.js";
import { type TemplateResult, html, nothing } from "lit";
import { hint, notice, valueOf } from "../../page/elements.js";

export function assignmentView(me: Member, state: CaseState, actions: ViewActions): TemplateResult {
  const opened = state.opened;
  const others = [...me.seats.keys()].filter((member) => member !== me.id);
  const chosen = state.colleague || others[0] || "";
  const change = (work: () => Promise<void>, words: string) => () =>
    void actions.attempt(async () => {
      await work();
      await actions.done(words);
    });
  return html`<h2>${t("Who has this case")}</h2>
    <p dir="auto">${opened.holders.map((member) => me.nameOf(member)).join(", ")}</p>
    ${
      others.length === 0
        ? hint(t("You have no colleagues yet. Invite one under Group."))
        : html`
      <div class="field"><label for="colleague">${t("A colleague")}</label>
        <select id="colleague" @change=${(event: Event) => (state.colleague = valueOf(event))}>
          ${others.map(
            (member) => html`<option value=${member} ?selected=${member === chosen}>${me.nameOf(member)}</option>`,
          )}</select></div>
      ${
        state.sure === "hand over"
          ? html`
        <p>${t("You will no longer see what comes after this. New keys are made for it.")}</p>
        <div class="actions">
          <button type="button" @click=${change(
            async () => assignment.handOver(me, await cases.readCase(me, opened.id), state.colleague || chosen),
            t("It is handed over."),
          )}>${t("Yes, hand it over")}</button>
          <button type="button" class="secondary" @click=${() => {
            state.sure = "";
            actions.draw();
          }}>${t("No")}</button>
        </div>`
          : html`
        <div class="actions">
          <button type="button" class="secondary" @click=${change(async () => {
            const fresh = await cases.readCase(me, opened.id);
            if (!fresh.holders.includes(state.colleague || chosen))
              await assignment.share(me, fresh, state.colleague || chosen);
          }, t("It is shared."))}>${t("Share")}</button>
          <button type="button" class="secondary" @click=${() => {
            state.sure = "hand over";
            actions.draw();
          }}>${t("Hand over")}</button>
          <button type="button" class="secondary" @click=${change(
            async () => assignment.sendBack(me, await cases.readCase(me, opened.id)),
            t("It is given back: a colleague has it now."),
          )}>${t("I can no longer help")}</button>
        </div>`
      }`
    }`;
}

/** Keep a case although it is closed. Two coordinators sign, and the requester can read why. */
export function holdView(me: Member, state: CaseState, act: Act): TemplateResult | typeof nothing {
  const opened = state.opened;
  const { hold } = opened;
  const end = html`<button type="button" class="secondary" @click=${act(
    () => holds.endHold(opened.id),
    t("It is no longer kept."),
  )}>${t("Do not keep it")}</button>`;
  if (hold) {
    const day = formatExpiry(hold.until);
    return html`<h2>${t("Keep longer")}</h2>
      <p class="notice">${
        hold.inForce
          ? t("Kept until %(day)s, even when it is closed.", { day })
          : t("%(name)s asks to keep it until %(day)s, even when it is closed.", { name: me.nameOf(hold.by[0]!), day })
      }</p>
      <p dir="auto" translate="no">${escapeText(hold.reason)}</p>
      <p class="about" dir="auto">${hold.by.map((member) => me.nameOf(member)).join(", ")}</p>
      <div class="actions">${
        hold.inForce || hold.by.includes(me.id)
          ? nothing
          : html`
        <button type="button" @click=${act(() => holds.agreeToHold(me, opened), t("It is kept."))}>${t("I agree")}</button>`
      }${end}</div>`;
  }
  const tomorrow = addDays(me.today, 1);
  if (me.seats.size < 2 || opened.latest <= tomorrow) return nothing;
  const latest = localDate(opened.latest);
  return html`<details class="keep"><summary>${t("Keep longer")}</summary>
    <p class="hint">${t(
      "A closed case is deleted some days later. With a second signature it is kept until the day you choose, never longer than its requester was told. They can read the reason.",
    )}</p>
    <div class="field"><label for="until">${t("Until")}</label>
      <input id="until" type="date" autocomplete="off" min=${localDate(tomorrow)} max=${latest} .value=${state.until || latest}
        @input=${(event: Event) => (state.until = valueOf(event))}></div>
    <div class="field"><label for="reason">${t("Why")}</label>
      <textarea id="reason" rows="2" maxlength="2000" dir="auto" autocomplete="off" spellcheck="false"
        .value=${state.reason} @input=${(event: Event) => (state.reason = valueOf(event))}></textarea></div>
    <div class="actions"><button type="button" class="secondary" @click=${focusIfEmpty(
      "reason",
      act(async () => {
        const until = expiryOn(state.until || latest, opened.latest);
        await holds.proposeHold(me, opened.id, until, state.reason.trim());
        state.reason = "";
      }, t("A colleague has to agree.")),
    )}>${t("Ask to keep it")}</button></div></details>`;
}

export function closingView(me: Member, state: CaseState, actions: ViewActions): TemplateResult | typeof nothing {
  const opened = state.opened;
  if (!opened.open)
    return notice(t("This case is closed. It will be deleted on %(day)s.", { day: formatExpiry(opened.expires) }));
  return html`<h2>${t("Close")}</h2>
    ${
      state.sure === "close"
        ? html`
      <p>${t("A closed case is deleted some days later, and nobody can write in it any more.")}</p>
      <div class="actions">
        <button type="button" class="danger" @click=${() =>
          void actions.attempt(async () => {
            const day = await cases.close(me, opened);
            await actions.done(t("The case is closed and will be deleted on %(day)s.", { day: formatExpiry(day) }));
          })}>${t("Yes, close it")}</button>
        <button type="button" class="secondary" @click=${() => {
          state.sure = "";
          actions.draw();
        }}>${t("No")}</button>
      </div>`
        : html`<div class="actions"><button type="button" class="danger" @click=${() => {
            state.sure = "close";
            actions.draw();
          }}>${t("Close this case")}</button>
        <button type="button" class="secondary" @click=${() =>
          void actions.attempt(() => actions.hide(opened.id))}>${t("Spam: hide it, and more like it")}</button></div>`
    }`;
}
