/** Show the members at a glance: name and marks, open cases, keys, and how to remove them. */
import { html, nothing, type TemplateResult } from "lit";
import { formatDay, t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import type { Member } from "../member/member.js";
import * as decisions from "./decisions.js";
import type { Confirmation, Sign } from "./signing.js";
import { type MemberMark, type Workload, workloads } from "./workload.js";

const URGENT: MemberMark[] = ["no-keys", "overdue", "inactive"];

/** What the rows share. */
interface MemberParts {
  me: Member;
  confirmation: Confirmation;
  actions: Actions;
  sign: Sign;
}

export function membersView(parts: MemberParts): TemplateResult {
  const all = workloads(parts.me);
  const most = Math.max(1, ...all.map(({ open }) => open));
  return html`<ul class="people">${all.map((workload) => memberView(workload, most, parts))}</ul>`;
}

const markLabel = (mark: MemberMark): string => {
  switch (mark) {
    case "no-keys":
      return t("No valid keys");
    case "overdue":
      return t("Keys overdue");
    case "inactive":
      return t("Not signed in for 30 days");
    case "off-duty":
      return t("Off duty");
    case "on-duty":
      return t("On duty");
  }
};

/** Show one member as a row: name and marks, open cases as a number and a bar, and until when keys are renewed. */
function memberView({ member, open, due, marks }: Workload, most: number, parts: MemberParts): TemplateResult {
  const { me, confirmation, actions, sign } = parts;
  const mine = member === me.id;
  const alone = me.counts.sole_holder[member] ?? 0;
  const question = `remove ${member}`;
  return html`<li><span class="who"><strong dir="auto">${me.nameOf(member)}</strong>${mine ? html` (${t("you")})` : nothing}
      ${marks.map((mark) => html`<span class="tag ${URGENT.includes(mark) ? "urgency" : ""}">${markLabel(mark)}</span>`)}</span>
    <span class="load about"><meter aria-hidden="true" min="0" max=${most} value=${open}></meter>
      ${t("open cases: %(number)s", { number: String(open) })}</span>
    <span class="about">${due ? t("keys renewed by %(day)s", { day: formatDay(due) }) : nothing}</span>
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
              await actions.leave(() => t("You have left the group. Your keys are destroyed."));
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
