/** Show the decisions that wait: the pending entry of a group of two, proposals, candidates. Those for this member are marked. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert, hint } from "../../page/elements.js";
import { joined, t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import type { Member, Proposal } from "../member/member.js";
import type { Newcomer } from "../member/names.js";
import { type ComparedDigits, compareView } from "./compare.js";
import { decisionInWords } from "./decision_words.js";
import * as decisions from "./decisions.js";
import * as recovery from "./recovery.js";
import type { Sign } from "./signing.js";
import { mine, signaturesBeforeTester, unproposed, waitingForMe } from "./waiting_for_me.js";

/** What the parts of the view share. */
export interface DecisionParts {
  me: Member;
  compared: ComparedDigits;
  actions: Actions;
  sign: Sign;
}

/** Show the decisions that wait for a signature. Those that this member can sign are on top. */
export function decisionsView(parts: DecisionParts): TemplateResult {
  const { me } = parts;
  const proposals = [...me.proposals].sort((a, b) => Number(mine(me, a)) - Number(mine(me, b)));
  const newcomers = unproposed(me);
  const number = waitingForMe(me);
  return html`
    ${
      number
        ? html`<p class="notice mine"><strong>${t("Decisions that wait for your signature: %(number)s.", {
            number: String(number),
          })}</strong></p>`
        : nothing
    }
    ${pendingView(parts)}
    ${
      newcomers.length
        ? html`<h2>${t("Waiting for approval")}</h2>${newcomers.map((newcomer) =>
            newcomerView(newcomer, parts, () => decisions.enrol(me, newcomer)),
          )}`
        : nothing
    }
    ${
      proposals.length
        ? html`<h2>${t("Waiting for signatures")}</h2>${proposals.map((proposal) => proposalView(proposal, parts))}`
        : nothing
    }`;
}

const mark = (): TemplateResult => html`<span class="tag mark">${t("Waits for you")}</span>`;

function newcomerView(
  newcomer: Newcomer,
  { compared, actions, sign }: DecisionParts,
  work: () => Promise<number>,
): TemplateResult {
  return html`<section class="entry">
    <p><strong dir="auto">${newcomer.name}</strong> ${mark()}</p>
    ${newcomer.twin ? errorAlert(t("Someone else goes by this name, or nearly. Only the digits tell them apart.")) : nothing}
    ${compareView(newcomer, compared, () => actions.draw())}
    <div class="actions">${actionButton(actions, {
      name: `approve ${newcomer.candidate.member}`,
      kind: "",
      words: t("The digits match: approve"),
      work: sign(work),
    })}</div>
  </section>`;
}

function proposalView(proposal: Proposal, parts: DecisionParts): TemplateResult {
  const { me, actions, sign } = parts;
  const signers = joined(Object.keys(proposal.entry.signatures).map((member) => me.nameOf(member)));
  const isMine = mine(me, proposal);
  const agree = (): Promise<number> => {
    if (proposal.body.kind === "recover")
      return recovery.agreeToRecover(me, recovery.recoveredOf(me, proposal), proposal.body.member, proposal);
    return proposal.body.kind === "recovery" && proposal.body.key
      ? recovery.agreeToDeal(me, proposal)
      : decisions.agree(me, proposal);
  };
  const early = isMine ? 0 : signaturesBeforeTester(me, proposal);
  const state = html`<p class="about">${t("Signed by: %(names)s. Signatures still needed: %(number)s.", {
    names: signers,
    number: String(proposal.missingSignatures),
  })}</p>`;
  const newcomer = proposal.body.kind === "enrol" ? decisions.newcomerOf(me, proposal) : undefined;
  if (newcomer && !isMine) return html`${newcomerView(newcomer, parts, agree)}${state}`;
  return html`<section class="entry"><p><strong dir="auto">${
    newcomer
      ? t("Add %(name)s", { name: newcomer.name })
      : decisionInWords(proposal.body, me.group.keys, (member) => me.nameOf(member))
  }</strong> ${isMine || early ? nothing : mark()}</p>${state}
    <div class="actions">${
      isMine
        ? actionButton(actions, {
            name: `take back ${proposal.body.kind} ${proposal.body.member}`,
            words: t("Take my signature back"),
            work: async () => {
              await decisions.takeBack(me, proposal);
              actions.draw({ message: () => t("Your signature is taken back.") });
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

function pendingView(parts: DecisionParts): TemplateResult | typeof nothing {
  const { me, actions, sign } = parts;
  const pending = me.group.keys.pending;
  if (!pending) return nothing;
  const { body } = pending;
  const isMine = mine(me, pending);
  const what =
    body.kind === "enrol"
      ? t("Someone new is added")
      : body.kind === "remove"
        ? t("Someone is removed")
        : t("A rule of the group is changed");
  const newcomer = me.newcomers.find(({ candidate }) => candidate.member === body.member && candidate.key === body.key);
  return html`<div class="notice">
    <p>${what}: ${
      isMine
        ? t(
            "signed by you alone. It takes effect three days after your colleague has signed in and seen it, or after 30 days, unless they stop it.",
          )
        : t("signed by your colleague alone. It takes effect three days after you have seen it, unless you stop it.")
    }</p>
    ${
      isMine
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
      isMine
        ? nothing
        : actionButton(actions, {
            name: "stop",
            kind: "danger",
            words: t("Stop it"),
            work: async () => {
              await decisions.stop(me);
              actions.draw({ message: () => t("It is stopped.") });
            },
          })
    }
  </div>`;
}
