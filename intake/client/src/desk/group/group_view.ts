/** Show the group: decisions that wait, its members, invitations, candidates. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert, hint } from "../../page/elements.js";
import { has } from "../../crypto/encoding.js";
import { inGroups } from "../../crypto/digits.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { copy } from "../../page/dom.js";
import { groupFull } from "../error_messages.js";
import { formatDay, t, tn } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import { alertsView } from "./alerts_view.js";
import { type ComparedDigits, compareView } from "./compare.js";
import * as decisions from "./decisions.js";
import type { Member, Proposal } from "../member/member.js";
import type { Newcomer } from "../member/names.js";
import * as recovery from "./recovery.js";
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
  const proposed = new Set(
    [...me.proposals, ...(keys.pending ? [keys.pending] : [])]
      .map(({ body }) => body)
      .filter(({ kind }) => kind === "enrol")
      .map(({ member }) => member),
  );
  const newcomers = me.newcomers.filter(({ candidate }) => !proposed.has(candidate.member));
  return html`
    <h1 tabindex="-1">${t("Group")}</h1>
    ${alertsView(me)}
    ${pendingView(parts)}
    ${
      me.proposals.length
        ? html`<h2>${t("Waiting for signatures")}</h2>${me.proposals.map((proposal) => proposalView(proposal, parts))}`
        : nothing
    }
    ${
      newcomers.length
        ? html`<h2>${t("Waiting for approval")}</h2>${newcomers.map((newcomer) =>
            newcomerView(newcomer, parts, () => decisions.enrol(me, newcomer)),
          )}`
        : nothing
    }
    <h2>${t("Coordinators")}</h2>
    <ul class="people">${[...keys.members.keys()].map((member) => memberView(member, parts))}</ul>
    <h2>${t("Invite a colleague")}</h2>
    ${keys.members.size >= keylist.MAX_MEMBERS ? html`<p>${groupFull()}</p>` : invitationView(me, actions)}
    <h2>${t("The group's check digits")}</h2>
    <p class="code long" dir="ltr" translate="no">${inGroups(keys.fingerprint.replaceAll(" ", ""))}</p>
    <p><a href="../poster/#${keys.fingerprint.replaceAll(" ", "")}">${t("A poster with the link and a code to scan")}</a></p>
    ${rulesView(me, state.rules, parts.sign, actions)}`;
}

function invitationView(me: Member, actions: Actions): TemplateResult {
  return html`
    <p>${t("The link works once and for three days. Give it to them in a way that you trust.")}</p>
    <div class="actions">
      ${actionButton(actions, { name: "invite", words: t("Make a link"), work: () => decisions.invite(me) })}
      ${
        me.invitation
          ? html`<button type="button" class="secondary" @click=${() =>
              void copy(me.invitation).then((done) =>
                actions.draw({
                  message: done ? t("Copied. Other apps on this device may read it.") : t("It could not be copied."),
                }),
              )}>${t("Copy")}</button>`
          : nothing
      }
    </div>
    ${me.invitation ? html`<p class="digits" dir="ltr" id="invite">${me.invitation}</p>` : nothing}`;
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

function newcomerView(
  newcomer: Newcomer,
  { state, actions, sign }: Parts,
  work: () => Promise<number>,
): TemplateResult {
  return html`<section class="entry">
    <p><strong dir="auto">${newcomer.name}</strong></p>
    ${newcomer.twin ? errorAlert(t("Someone else goes by this name, or nearly. Only the digits tell them apart.")) : nothing}
    ${compareView(newcomer, state.compared, () => actions.draw())}
    <div class="actions">${actionButton(actions, {
      name: `approve ${newcomer.candidate.member}`,
      kind: "",
      words: t("The digits match: approve"),
      work: sign(work),
    })}</div>
  </section>`;
}

function inWords(me: Member, proposal: Proposal): string {
  const { kind, member, key, value } = proposal.body;
  const name = me.nameOf(member);
  switch (kind) {
    case "remove":
      return t("Remove %(name)s", { name });
    case "quorum":
      return tn("From now on %(num)s member must agree", "From now on %(num)s members must agree", value);
    case "freshness":
      return tn(
        "Keep the form open for %(num)s day when nobody signs in",
        "Keep the form open for %(num)s days when nobody signs in",
        value,
      );
    case "epoch":
      return tn("Renew keys every %(num)s day", "Renew keys every %(num)s days", value);
    case "recovery":
      return key
        ? tn(
            "A new recovery key that %(num)s member opens. %(name)s tries it first.",
            "A new recovery key that %(num)s members open together. %(name)s tries it first.",
            value,
            { name },
          )
        : t("Go on without a recovery key");
    case "recover":
      return t("Open the cases of %(from)s with the recovery key and give them to %(to)s", {
        from: me.nameOf(recovery.recoveredOf(me, proposal)),
        to: name,
      });
    case "retention":
      return t("Another key that signs deletions");
    default:
      return t("Add %(name)s", { name });
  }
}

function proposalView(proposal: Proposal, parts: Parts): TemplateResult {
  const { me, actions, sign } = parts;
  const signers = Object.keys(proposal.entry.signatures)
    .map((member) => me.nameOf(member))
    .join(", ");
  const mine = has(proposal.entry.signatures, me.id);
  const agree = (): Promise<number> => {
    if (proposal.body.kind === "recover")
      return recovery.agreeToRecover(me, recovery.recoveredOf(me, proposal), proposal.body.member, proposal);
    return proposal.body.kind === "recovery" && proposal.body.key
      ? recovery.agreeToDeal(me, proposal)
      : decisions.agree(me, proposal);
  };
  const early = mine ? 0 : recovery.lackingToTry(me, proposal);
  const state = html`<p class="about">${t("Signed by: %(names)s. Signatures still needed: %(number)s.", {
    names: signers,
    number: String(proposal.lacking),
  })}</p>`;
  const newcomer = proposal.body.kind === "enrol" ? decisions.newcomerOf(me, proposal) : undefined;
  if (newcomer && !mine) return html`${newcomerView(newcomer, parts, agree)}${state}`;
  return html`<section class="entry"><p><strong dir="auto">${
    newcomer ? t("Add %(name)s", { name: newcomer.name }) : inWords(me, proposal)
  }</strong></p>${state}
    <div class="actions">${
      mine
        ? actionButton(actions, {
            name: `take back ${proposal.body.kind} ${proposal.body.member}`,
            words: t("Take my signature back"),
            work: async () => {
              await decisions.takeBack(me, proposal);
              actions.draw({ message: t("Your signature is taken back.") });
            },
          })
        : proposal.body.kind === "enrol"
          ? nothing
          : early
            ? hint(
                t("Your browser tries the key when you sign. Before that, others must sign: %(number)s more.", {
                  number: String(early),
                }),
              )
            : actionButton(actions, {
                name: `agree ${proposal.body.kind} ${proposal.body.member}`,
                kind: "",
                words: t("I agree: sign"),
                work: sign(agree),
              })
    }</div></section>`;
}

function pendingView(parts: Parts): TemplateResult | typeof nothing {
  const { me, actions, sign } = parts;
  const pending = me.group.keys.pending;
  if (!pending) return nothing;
  const { body } = pending;
  const mine = has(pending.entry.signatures, me.id);
  const what =
    body.kind === "enrol"
      ? t("Someone new is added")
      : body.kind === "remove"
        ? t("Someone is removed")
        : t("A rule of the group is changed");
  const newcomer = me.newcomers.find(({ candidate }) => candidate.member === body.member && candidate.key === body.key);
  return html`<div class="notice">
    <p>${what}: ${
      mine
        ? t(
            "signed by you alone. It takes effect three days after your colleague has signed in and seen it, or after 30 days, unless they stop it.",
          )
        : t("signed by your colleague alone. It takes effect three days after you have seen it, unless you stop it.")
    }</p>
    ${
      mine
        ? nothing
        : newcomer
          ? newcomerView(newcomer, parts, () => decisions.agreeToPending(me))
          : actionButton(actions, {
              name: "agree to pending",
              kind: "",
              words: t("I agree: sign"),
              work: sign(() => decisions.agreeToPending(me)),
            })
    }
    ${
      mine
        ? nothing
        : actionButton(actions, {
            name: "stop",
            kind: "danger",
            words: t("Stop it"),
            work: async () => {
              await decisions.stop(me);
              actions.draw({ message: t("It is stopped.") });
            },
          })
    }
  </div>`;
}
