/** Show the group: decisions that wait, its members, invitations, candidates. */
import { html, nothing, type TemplateResult } from "lit";
import * as keylist from "../../crypto/keylist/keylist.js";
import { plain } from "../../crypto/digits.js";
import { copyAndReport } from "../../page/copying.js";
import { groupFull } from "../error_messages.js";
import { t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import { alertsView } from "./alerts_view.js";
import { publicDigits } from "../codes/code_views.js";
import type { ComparedDigits } from "./compare.js";
import * as decisions from "./decisions.js";
import { decisionsView } from "./decisions_view.js";
import { firstStepsView } from "./first_steps_view.js";
import { membersView } from "./members_view.js";
import type { Member } from "../member/member.js";
import { freshRulesState, type RulesState, rulesView } from "./rules_view.js";
import { type Confirmation, signer } from "./signing.js";
import { freshWordsState, type WordsState, wordsView } from "./words_view.js";

export interface GroupState {
  confirmation: Confirmation;
  compared: ComparedDigits;
  rules: RulesState;
  words: WordsState;
}

export const freshGroupState = (): GroupState => ({
  confirmation: { question: "" },
  compared: new Map(),
  rules: freshRulesState(),
  words: freshWordsState(),
});

/** Leads to the member's own keys. */
interface GroupActions extends Actions {
  toKeys: () => void;
}

export function groupView(me: Member, state: GroupState, actions: GroupActions): TemplateResult {
  const sign = signer(state.confirmation, actions);
  const { keys } = me.group;
  const digits = plain(keys.fingerprint);
  return html`
    <h1 tabindex="-1">${t("Group")}</h1>
    ${decisionsView({ me, compared: state.compared, actions, sign })}
    ${alertsView(me)}
    ${firstStepsView(me, actions)}
    <h2>${t("Coordinators")}</h2>
    ${membersView({ me, confirmation: state.confirmation, actions, sign })}
    <h2 id="invitation" tabindex="-1">${t("Invite a colleague")}</h2>
    ${keys.members.size >= keylist.MAX_MEMBERS ? html`<p>${groupFull()}</p>` : invitationView(me, actions)}
    <h2>${t("The group's check digits")}</h2>
    ${publicDigits(
      digits,
      (message) => actions.draw({ message }),
      html`<a class="button secondary" href="../poster/#${digits}">${t("A poster with the link and a code to scan")}</a>`,
    )}
    ${wordsView(me, state.words, actions)}
    ${rulesView(me, state.rules, sign, actions)}`;
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
              void copyAndReport(link).then((message) => actions.draw({ message }))}>${t("Copy")}</button>`
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
