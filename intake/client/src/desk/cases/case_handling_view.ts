/** Show what a coordinator can do with a whole case: assign it, keep it longer, close it. */
import { addDays } from "../../crypto/encoding.js";
import { expiryOn, formatExpiry, localDate } from "../../page/expiry.js";
import { joined, joinedParts, t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";
import { type Member } from "../member/member.js";
import { actionButton, resultOf } from "../action_button.js";
import type { Said } from "../action_states.js";
import type { StatusName } from "../../crypto/entry.js";
import { type CaseState, type Change, type ViewActions, isFilledIn, keep } from "./case_state.js";
import * as cases from "./cases.js";
import * as assignment from "./assignment.js";
import { SETTLED } from "./attention.js";
import * as holds from "./holds.js";
import { statusButtons } from "./status_view.js";
import { type TemplateResult, html, nothing } from "lit";
import { hint, notice, valueOf } from "../../page/elements.js";

/** A change of the whole case, to confirm: the question, and what the answer does. `work` returns the message for afterwards. */
interface Handling {
  question: string;
  yes: string;
  /** A field between the question and the answer. */
  field?: TemplateResult;
  work: () => Promise<Said>;
}

export function assignmentView(me: Member, state: CaseState, actions: ViewActions): TemplateResult {
  const opened = state.opened;
  const others = [...me.seats.keys()].filter((member) => member !== me.id);
  const chosen = state.colleague || others[0] || "";
  const ask = (sure: CaseState["sure"], words: string): TemplateResult =>
    html`<button type="button" class="secondary" @click=${() => {
      state.sure = sure;
      actions.draw();
    }}>${words}</button>`;
  const handling = handlingOf(me, state, chosen);
  return html`<h2>${t("Who has this case")}</h2>
    <p id="holders">${namesOf(me, opened.holders)}</p>
    ${
      others.length === 0
        ? hint(t("You have no colleagues yet. Invite one under Group."))
        : handling
          ? confirmation(state, handling, actions)
          : html`
      <div class="field"><label for="colleague">${t("A colleague")}</label>
        <select id="colleague" @change=${(event: Event) => (state.colleague = valueOf(event))}>
          ${others.map(
            (member) => html`<option value=${member} ?selected=${member === chosen}>${me.nameOf(member)}</option>`,
          )}</select></div>
      <div class="actions">
        ${[ask("share", t("Share")), ask("hand over", t("Hand over")), ask("give back", t("I can no longer help"))]}</div>`
    }`;
}

/** Show members' names. Each is isolated, and the line begins at the page's side, whatever the script of the names. */
const namesOf = (me: Member, members: string[]): (TemplateResult | string)[] =>
  joinedParts(members.map((member) => me.nameOf(member))).map(({ type, value }) =>
    type === "element" ? html`<bdi>${value}</bdi>` : value,
  );

/** Return the change that this member was asked to confirm. The question names the member who gets the case. */
function handlingOf(me: Member, state: CaseState, chosen: string): Handling | null {
  const { sure, opened, handOver } = state;
  const fresh = (): Promise<cases.OpenCase> => cases.readCase(me, opened.id);
  switch (sure) {
    case "share":
      return {
        question: t("%(name)s will read everything in this case, and can write in it.", { name: me.nameOf(chosen) }),
        yes: t("Yes, share it"),
        work: async () => {
          const now = await fresh();
          if (!now.holders.includes(chosen)) await assignment.share(me, now, chosen);
          return () => t("It is shared.");
        },
      };
    case "hand over":
      return {
        question: `${t("%(name)s gets this case instead of you.", { name: me.nameOf(chosen) })} ${t(
          "You will no longer see what comes after this. New keys are made for it.",
        )}`,
        field: reasonField(handOver),
        yes: t("Yes, hand it over"),
        work: async () => {
          await assignment.noteReason(me, await fresh(), handOver.reason, chosen);
          await assignment.handOver(me, await fresh(), chosen);
          return () => t("It is handed over.");
        },
      };
    case "give back": {
      const to = assignment.successors(me, opened);
      return {
        question: to.length
          ? t("You give up this case. These colleagues will have it: %(names)s.", {
              names: joined(to.map((member) => me.nameOf(member))),
            })
          : t("Nobody else can take this case now. You can close it, or ask a colleague to sign in."),
        yes: to.length ? t("Yes, give it up") : "",
        work: async () => {
          await assignment.sendBack(me, await fresh(), to);
          return () => t("It is given back: a colleague has it now.");
        },
      };
    }
    default:
      return null;
  }
}

export const reasonField = (handOver: CaseState["handOver"]): TemplateResult => html`<div class="field">
  <label for="hand-over-reason">${t("Why do you hand the case over? (optional)")}</label>
  <p class="hint" id="hand-over-hint">${t("Your answer becomes a note. The requester cannot read it.")}</p>
  <textarea id="hand-over-reason" aria-describedby="hand-over-hint" rows="2" maxlength="2000" dir="auto" autocomplete="off"
    .value=${handOver.reason} @input=${(event: Event) => (handOver.reason = valueOf(event))}></textarea></div>`;

function confirmation(
  state: CaseState,
  { question, yes, field, work }: Handling,
  actions: ViewActions,
): TemplateResult {
  return html`<p dir="auto" role="status">${question}</p>
    ${field ?? nothing}
    <div class="actions">
      ${
        yes
          ? actionButton(actions, {
              name: state.sure,
              kind: "",
              words: yes,
              work: async () => actions.done(await work()),
            })
          : nothing
      }
      <button type="button" class="secondary" @click=${() => {
        state.sure = "";
        actions.draw();
      }}>${t("No")}</button></div>`;
}

/** Keep a case although it is closed. Two coordinators sign, and the requester can read why. */
export function holdView(
  me: Member,
  state: CaseState,
  change: Change,
  actions: ViewActions,
): TemplateResult | typeof nothing {
  const opened = state.opened;
  const { hold } = opened;
  const end = actionButton(actions, {
    name: "end hold",
    words: t("Do not keep it"),
    work: change(
      () => holds.endHold(opened.id),
      () => t("It is no longer kept."),
    ),
  });
  if (hold) {
    const day = formatExpiry(hold.until);
    return html`<h2>${t("Keep longer")}</h2>
      <p class="notice">${
        hold.inForce
          ? t("Kept until %(day)s, even when it is closed.", { day })
          : t("%(name)s asks to keep it until %(day)s, even when it is closed.", { name: me.nameOf(hold.by[0]!), day })
      }</p>
      <p dir="auto" translate="no">${escapeText(hold.reason)}</p>
      <p class="about">${namesOf(me, hold.by)}</p>
      <div class="actions">${
        hold.inForce || hold.by.includes(me.id)
          ? nothing
          : actionButton(actions, {
              name: "agree to hold",
              kind: "",
              words: t("I agree"),
              work: change(
                () => holds.agreeToHold(me, opened),
                () => t("It is kept."),
              ),
            })
      }${end}</div>`;
  }
  const tomorrow = addDays(me.today, 1);
  if (me.seats.size < 2 || opened.latestExpiry <= tomorrow) return nothing;
  const latest = localDate(opened.latestExpiry);
  return html`<details class="keep"><summary>${t("Keep longer")}</summary>
    <p class="hint">${t(
      "A closed case is deleted some days later. With a second signature it is kept until the day you choose, never longer than its requester was told. They can read the reason.",
    )}</p>
    <div class="field"><label for="until">${t("Until")}</label>
      <input id="until" type="date" autocomplete="off" min=${localDate(tomorrow)} max=${latest} .value=${state.until || latest}
        @input=${(event: Event) => (state.until = valueOf(event))}></div>
    <div class="field"><label for="reason">${t("Why")}</label>
      <textarea id="reason" rows="2" maxlength="2000" dir="auto" autocomplete="off" spellcheck="false"
        .value=${state.reason} @input=${keep(state, "reason", actions)}></textarea></div>
    <div class="actions">${actionButton(actions, {
      name: "propose hold",
      words: t("Ask to keep it"),
      ready: isFilledIn("reason"),
      work: change(
        async () => {
          const until = expiryOn(state.until || latest, opened.latestExpiry);
          await holds.proposeHold(me, opened.id, until, state.reason.trim());
          state.reason = "";
          actions.typed();
        },
        () => t("A colleague has to agree."),
      ),
    })}</div></details>`;
}

/** Close a case, or say that it is closed and offer to open it again. */
export function closingView(
  me: Member,
  state: CaseState,
  change: Change,
  actions: ViewActions,
): TemplateResult | typeof nothing {
  const opened = state.opened;
  if (!opened.open)
    return html`${notice(
      t("This case is closed. It will be deleted on %(day)s.", { day: formatExpiry(opened.expires) }),
    )}
      <p class="hint">${t("To reply, open it again. If the requester writes, it opens by itself.")}</p>
      <div class="actions">${actionButton(actions, {
        name: "reopen",
        words: t("Open this case again"),
        work: change(
          () => cases.reopen(me, opened),
          () => t("The case is open again."),
        ),
      })}</div>`;
  const close = (status: StatusName | null) => (): void =>
    void actions.run("close", () => actions.close(opened.id, status));
  return html`<h2>${t("Close")}</h2>
    <p class="hint" id="close-hint">${t(
      "A closed case is deleted some days later. Until then you can open it again, and it opens by itself if the requester writes.",
    )}</p>
    ${statusButtons(t("Close as"), SETTLED, me, (status) => close(status)())}
    <div class="actions">
      <button type="button" class="danger" aria-describedby="close-hint" @click=${close(null)}>${t("Close this case")}</button>
      ${actionButton(actions, {
        name: "spam",
        words: t("Spam: hide it, and more like it"),
        work: () => actions.hide(opened.id),
      })}</div>${resultOf(actions, "close")}`;
}
