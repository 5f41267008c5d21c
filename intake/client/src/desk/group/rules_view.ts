/** Show the group's rules, its recovery key and its history. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert, notice, valueOf } from "../../page/elements.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { formatDay, t, tn } from "../../page/i18n.js";
import * as decisions from "./decisions.js";
import type { Member } from "../member/member.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";
import type { Sign } from "./signing.js";
import { isolatedName } from "../escape.js";
import { historyOf, type Line, read } from "./group_log.js";
import * as recovery from "./recovery.js";
import { isOld } from "./recovery_state.js";

export interface RulesState {
  typed: Record<"quorum" | "epoch" | "freshness" | "threshold" | "tester" | "from" | "to", string>;
  /** Decisions to recover that this member can carry out now. Read when the group is shown. */
  openable: keylist.Recovered[];
}

export const freshRulesState = (): RulesState => ({
  typed: { quorum: "", epoch: "", freshness: "", threshold: "", tester: "", from: "", to: "" },
  openable: [],
});

type Typed = RulesState["typed"];

const RECENT = 20; // entries of the history that are shown at first

export function rulesView(me: Member, state: RulesState, sign: Sign, actions: Actions): TemplateResult {
  const field = numberField(state.typed, sign, actions);
  const { keys } = me.group;
  return html`
    <h2>${t("Rules")}</h2>
    <p>${tn(
      "To add someone, remove someone or change a rule, %(num)s member must sign.",
      "To add someone, remove someone or change a rule, %(num)s members must sign.",
      keylist.needed(keys),
    )}
      ${
        keys.members.size === 2 && keys.quorum > 1
          ? t(
              "While you are two, one signature is enough three days after the other has signed in and seen it, unless they stop it.",
            )
          : ""
      }</p>
    ${field("quorum", t("How many must agree"), keys.quorum, 1, 9, (value) => decisions.decide(me, "quorum", { value }))}
    ${field("epoch", t("Days after which keys are renewed"), keys.epochDays, 7, 60, (value) => decisions.decide(me, "epoch", { value }))}
    ${field("freshness", t("Days that the form stays open when nobody signs in"), keys.freshnessDays, 2, 60, (value) =>
      decisions.decide(me, "freshness", { value }),
    )}
    ${recoveryView(me, state, sign, actions)}
    ${history(me)}`;
}

const numberField =
  (typed: Typed, sign: Sign, actions: Actions) =>
  (
    id: "quorum" | "epoch" | "freshness" | "threshold",
    label: string,
    now: number,
    min: number,
    max: number,
    propose: (value: number) => Promise<number>,
    verb = t("Propose"),
  ): TemplateResult => {
    return html`<div class="field inline"><label for=${id}>${label}</label>
    <input id=${id} type="number" autocomplete="off" inputmode="numeric" min=${min} max=${max} dir="ltr" .value=${typed[id] || String(now)}
      @input=${(event: Event) => (typed[id] = valueOf(event))}>
    ${actionButton(actions, {
      name: `propose ${id}`,
      words: verb,
      work: sign(async () => {
        const missingSignatures = await propose(Number(typed[id] || now));
        typed[id] = "";
        return missingSignatures;
      }),
    })}</div>`;
  };

function recoveryView(me: Member, state: RulesState, sign: Sign, actions: Actions): TemplateResult {
  const { typed } = state;
  const field = numberField(typed, sign, actions);
  const { keys } = me.group;
  const { recovery_key: deal, recovery_grants: grants } = me.counts;
  const elsewhere = Object.entries(grants)
    .filter(([id]) => id !== deal?.id)
    .reduce((sum, [, count]) => sum + count, 0);
  if (keys.members.size < keylist.MIN_SHARED) {
    return html`<h2 id="recovery" tabindex="-1">${t("Recovery")}</h2><p>${t(
      "With three or more coordinators you can share a recovery key. Until then: who loses passphrase and paper code loses their cases. Print the paper code.",
    )}</p>`;
  }
  return html`<h2 id="recovery" tabindex="-1">${t("Recovery")}</h2>
    ${
      keys.recovery
        ? html`
      <p>${tn(
        "%(num)s member can open the cases of someone who lost their keys. Fewer learn nothing.",
        "%(num)s members together can open the cases of someone who lost their keys. Fewer learn nothing.",
        keys.recovery.threshold,
      )}
        ${recovery.hasShare(me) ? t("Your share is in your keyring.") : t("Your share is not in your keyring yet.")}</p>
      ${
        elsewhere
          ? notice(
              t(
                "Cases that still hang on an older recovery key: %(number)s. Their holders' browsers move them at the next sign-in.",
                { number: String(elsewhere) },
              ),
            )
          : nothing
      }
      ${isOld(me) ? notice(t("Members have changed since the recovery key was split. Make a new one.")) : nothing}`
        : html`
      <p class="notice">${t(
        "There is no recovery key: the cases of a coordinator who loses passphrase and paper code can only be opened by their other holders.",
      )}</p>`
    }
    <p class="hint">${t(
      "The key is made and split in your browser and then forgotten. Whoever makes it, and whoever puts it together later, must be trusted not to keep it.",
    )}</p>
    ${
      me.shareIsWrong
        ? errorAlert(
            t(
              "The share of the recovery key that you were given does not fit. Tell your colleagues, and make a new key.",
            ),
          )
        : nothing
    }
    <p class="hint">${t(
      "A colleague's browser tries a new key before it counts, so that nobody relies on shares that do not fit. Until they have signed, the key before stays in force.",
    )}</p>
    ${chooser(
      typed,
      me,
      "tester",
      t("Who tries the new key"),
      [...keys.members.keys()].filter((member) => member !== me.id),
      recovery.usualTester(me),
    )}
    ${field(
      "threshold",
      t("Members needed to open it"),
      Math.max(keylist.needed(keys), keys.recovery?.threshold ?? recovery.usualThreshold(keys.members.size)),
      Math.max(2, keylist.needed(keys)),
      Math.min(keylist.MAX_SHARES, keys.members.size),
      (value) => recovery.deal(me, value, typed.tester || undefined),
      t("Make a new recovery key"),
    )}
    ${
      keys.recovery
        ? html`
      ${state.openable.map(
        (decision) =>
          html`<div class="actions">${actionButton(actions, {
            name: `recover ${decision.of}`,
            kind: "",
            words: t("Open the cases of %(name)s now", { name: me.nameOf(decision.of) }),
            work: async () => {
              const failed = await recovery.open(
                me,
                decision,
                actions.progress(() => t("Moving cases…")),
              );
              state.openable = await recovery.toOpen(me);
              actions.draw({
                message: () =>
                  failed
                    ? t("Some cases could not be moved: %(number)s.", { number: String(failed) })
                    : t("The cases are moved. Make a new recovery key now."),
              });
            },
          })}</div>`,
      )}
      <details><summary>${t("Someone lost their keys")}</summary>
        <p>${t("They enrol again under a new handle, or after the old one was removed. Then choose both, and colleagues sign.")}</p>
        ${chooser(typed, me, "from", t("Whose cases"), [...keys.allMembers.keys()])}
        ${chooser(typed, me, "to", t("Who gets them"), [...keys.members.keys()])}
        <div class="actions">${actionButton(actions, {
          name: "propose recovery",
          words: t("Propose"),
          work: sign(async () => {
            const [from, to] = [
              typed.from || [...keys.allMembers.keys()][0]!,
              typed.to || [...keys.members.keys()][0]!,
            ];
            const missingSignatures = await recovery.agreeToRecover(me, from, to);
            state.openable = await recovery.toOpen(me);
            return missingSignatures;
          }),
        })}</div></details>
      <div class="actions">${actionButton(actions, {
        name: "no recovery key",
        kind: "link",
        words: t("Go on without a recovery key"),
        work: sign(() => recovery.giveUp(me)),
      })}</div>`
        : nothing
    }`;
}

function chooser(
  typed: Typed,
  me: Member,
  id: "from" | "to" | "tester",
  label: string,
  members: string[],
  usual = "",
): TemplateResult {
  return html`<div class="field"><label for=${`recover-${id}`}>${label}</label>
    <select id=${`recover-${id}`} @change=${(event: Event) => (typed[id] = valueOf(event))}>
      ${members.map(
        (member) =>
          html`<option value=${member} ?selected=${(typed[id] || usual) === member}>${me.nameOf(member)}${
            me.group.keys.members.has(member) ? "" : ` (${t("left")})`
          }</option>`,
      )}</select></div>`;
}

function history(me: Member): TemplateResult {
  const { events, whole } = read(me.groupLog);
  const all = historyOf(me.group.keys, events, (member) => isolatedName(me.nameOf(member)));
  const [shown, older] = [all.slice(0, RECENT), all.slice(RECENT)];
  return html`<h2>${t("What happened")}</h2>
    ${whole ? nothing : errorAlert(t("Something in this list is missing or was changed on the way."))}
    ${lines(shown)}
    ${older.length ? html`<details><summary>${t("Older entries")}</summary>${lines(older)}</details>` : nothing}`;
}

const lines = (shown: Line[]): TemplateResult =>
  html`<ul class="history">${shown.map(
    ({ day, words, notes }) => html`<li><span class="about">${formatDay(day)}</span> ${words}
    ${notes.map((note) => html`<span class="about">${note}</span> `)}</li>`,
  )}</ul>`;
