/** Show the group: decisions that wait, its members, invitations, candidates. */
import { html, nothing, type TemplateResult } from "lit";
import * as keylist from "../../crypto/keylist/keylist.js";
import { copy } from "../../page/dom.js";
import { groupFull } from "../error_messages.js";
import { formatDay, t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import { alertsView } from "./alerts_view.js";
import { publicDigits } from "../codes/code_views.js";
import type { ComparedDigits } from "./compare.js";
import * as decisions from "./decisions.js";
import { decisionsView } from "./decisions_view.js";
import type { Member } from "../member/member.js";
import { dueOn } from "../keys/rotation.js";
import { freshRulesState, type RulesState, rulesView } from "./rules_view.js";
import { type Confirmation, type Sign, signer } from "./signing.js";

export interface GroupState {
  confirmation: Confirmation;
  compared: ComparedDigits;
  rules: RulesState;
}

export const freshGroupState = (): GroupState => ({
  confirmation: { question: "" },
  compared: new Map(),
  rules: freshRulesState(),
});

/** What the parts of the view share. */
interface Parts {
  me: Member;
  state: GroupState;
  actions: Actions;
  sign: Sign;
}

export function groupView(me: Member, state: GroupState, actions: Actions): TemplateResult {
  const parts = { me, state, actions, sign: signer(state.confirmation, actions) };
  const { keys } = me.group;
  const digits = keys.fingerprint.replaceAll(" ", "");
  return html`
    <h1 tabindex="-1">${t("Group")}</h1>
    ${decisionsView({ me, compared: state.compared, actions, sign: parts.sign })}
    ${alertsView(me)}
    <h2>${t("Coordinators")}</h2>
    <ul class="people">${[...keys.members.keys()].map((member) => memberView(member, parts))}</ul>
    <h2>${t("Invite a colleague")}</h2>
    ${keys.members.size >= keylist.MAX_MEMBERS ? html`<p>${groupFull()}</p>` : invitationView(me, actions)}
    <h2>${t("The group's check digits")}</h2>
    ${publicDigits(
      digits,
      (message) => actions.draw({ message }),
      html`<a class="button secondary" href="../poster/#${digits}">${t("A poster with the link and a code to scan")}</a>`,
    )}
    ${rulesView(me, state.rules, parts.sign, actions)}`;
}

function invitationView(me: Member, actions: Actions): TemplateResult {
  const { link } = me.invitation;
  return html`
    <p>${t("The link works once and for three days. Give it to them in a way that you trust.")}</p>
    <div class="actions">
      ${actionButton(actions, { name: "invite", words: t("Make a link"), work: () => decisions.invite(me) })}
      ${
        link
          ? html`<button type="button" class="secondary" @click=${() =>
              void copy(link).then((done) =>
                actions.draw({
                  message: done ? t("Copied. Other apps on this device may read it.") : t("It could not be copied."),
                }),
              )}>${t("Copy")}</button>`
          : nothing
      }
    </div>
    ${link ? html`<p class="digits" dir="ltr" id="invite">${link}</p>` : nothing}
    <p role="status" dir="auto">${whatBecameOf(me)}</p>`;
}

/** Say what became of a link that does not work any more. */
function whatBecameOf(me: Member): string {
  const { stage, invitee } = me.invitation;
  if (stage === "void") return t("This link does not work any more. It has expired, or you made another one.");
  if (stage !== "used") return "";
  if (!invitee) return t("Your link was used. The people who wait for approval are shown on this page.");
  const name = me.nameOf(invitee);
  return me.group.keys.members.has(invitee)
    ? t("%(name)s used your link and is a coordinator now.", { name })
    : t("%(name)s used your link and is waiting for approval.", { name });
}

function memberView(member: string, { me, state, actions, sign }: Parts): TemplateResult {
  const { confirmation } = state;
  const mine = member === me.id;
  const due = dueOn(me, member);
  const alone = me.counts.sole_holder[member] ?? 0;
  const question = `remove ${member}`;
  return html`<li><strong dir="auto">${me.nameOf(member)}</strong>${mine ? html` (${t("you")})` : nothing}
    <span class="about">· ${t("open cases: %(number)s", { number: String(me.counts.open[member] ?? 0) })}${
      due ? html` · ${t("keys renewed by %(day)s", { day: formatDay(due) })}` : nothing
    }</span>
    ${
      me.group.keys.members.size < 2
        ? nothing
        : confirmation.question === question
          ? html`
      <p>${
        mine
          ? t("You lose access at once. Hand your cases over first: what only you can open is lost with you.")
          : t("They lose access at once, and their keys are destroyed.")
      }
        ${
          alone
            ? html`<strong>${t("Cases that only they can open: %(number)s.", { number: String(alone) })} ${
                me.counts.recovery_key ? t("The recovery key can move them.") : t("Nobody could open them any more.")
              }</strong>`
            : nothing
        }</p>
      <div class="actions">${actionButton(actions, {
        name: question,
        kind: "danger",
        words: mine ? t("Yes, leave the group") : t("Yes, sign to remove them"),
        work: mine
          ? async () => {
              await decisions.decide(me, "remove", { member }).catch(() => undefined);
              await actions.leave(t("You have left the group. Your keys are destroyed."));
            }
          : sign(() => decisions.decide(me, "remove", { member })),
      })}
      <button type="button" class="secondary" @click=${() => {
        confirmation.question = "";
        actions.draw();
      }}>${t("No")}</button></div>`
          : html`
      <button type="button" class="link" @click=${() => {
        confirmation.question = question;
        actions.draw();
      }}>${mine ? t("Leave the group") : t("Remove")}</button>`
    }
  </li>`;
}
