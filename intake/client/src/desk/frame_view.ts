/** Show what surrounds every view of the desk: the menu, warnings, progress and the result of the last action. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert } from "../page/elements.js";
import { t } from "../page/i18n.js";
import { actionButton } from "./action_button.js";
import type { Actions } from "./actions.js";
import { bulkNotices } from "./cases/bulk_view.js";
import { keysHelp } from "./keyboard.js";
import type { Member } from "./member/member.js";
import { navView } from "./nav_view.js";
import type { DeskState, View } from "./state.js";

export interface FrameActions extends Actions {
  go: (view: View) => () => void;
  stay: () => void;
}

export const frameView = (
  me: Member,
  state: DeskState,
  actions: FrameActions,
  view: TemplateResult,
): TemplateResult => html`
  ${state.warned ? stillThere(actions) : nothing}
  <div class="top">${navView(state, actions.go)}<div class="actions">
    <a class="button secondary" href="for-someone/#${me.group.keys.fingerprint.replaceAll(
      " ",
      "",
    )}" target="_blank" rel="noopener">${t("Fill in the form for someone")}</a>
    ${actionButton(actions, {
      name: "sign out",
      words: t("Sign out"),
      busy: t("Signing out…"),
      work: () => actions.leave(() => t("You are signed out. No key is left in this browser.")),
    })}
  </div></div>
  ${state.wouldLose ? wouldLose(actions) : nothing}
  ${state.isHelp ? keysHelp(() => actions.draw({ isHelp: false })) : nothing}
  ${state.problem() ? errorAlert(state.problem()) : nothing}
  ${state.work ? progressOf(state.work) : nothing}
  <p role="status" class="about">${state.loading() || state.message()}</p>
  ${view}
  ${state.bulk ? bulkNotices(state.bulk, actions) : nothing}`;

const wouldLose = (actions: FrameActions): TemplateResult => html`
  <div class="notice error" role="alert">
    <p>${t("The connection failed, so what you typed could not be stored. If you sign out now, it is lost.")}</p>
    <div class="actions"><button type="button" @click=${() => actions.draw({ wouldLose: false })}>${t("Stay")}</button>
      ${actionButton(actions, {
        name: "sign out and lose",
        words: t("Sign out and lose what I typed"),
        work: () => actions.leave(() => t("You are signed out. No key is left in this browser.")),
      })}</div></div>`;

const stillThere = (actions: FrameActions): TemplateResult => html`
  <div class="notice" role="alertdialog" aria-label=${t("Are you still there?")}>
    <p>${t("Are you still there? In two minutes you will be signed out.")}</p>
    <button type="button" @click=${actions.stay}>${t("I am here")}</button></div>`;

const progressOf = ({ words, done, of }: NonNullable<DeskState["work"]>): TemplateResult => html`
  <div class="notice"><p role="status">${words()} ${done} / ${of}</p><progress max=${of} .value=${done}></progress></div>`;
