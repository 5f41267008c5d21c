/** Show the member's own keys and settings: renewal, passphrase, paper code, passkeys, sessions, notices, duty. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { valueOf } from "../../page/elements.js";
import { find } from "../../page/dom.js";
import type * as judging from "../passphrase/strength.js";
import { strengthMeter, verdictMessage, whenTypingPauses } from "../passphrase/strength_meter.js";
import { formatDay, t } from "../../page/i18n.js";
import type { Member } from "../member/member.js";
import { actionButton, isOnNow, resultOf, tickAction } from "../action_button.js";
import type { Said } from "../action_states.js";
import type { Actions } from "../actions.js";
import { rotate } from "./rotation.js";
import { dueOn } from "./rotation_day.js";
import * as unlockers from "../member/unlockers.js";
import { makePaperCode, type PaperState } from "./paper_view.js";
import { type NoticesState, noticesView } from "./notices_view.js";
import { type PasskeysState, passkeysView } from "./passkeys_view.js";
import { type SessionsState, sessionsView } from "./sessions_view.js";
import { options, setDuty, setTags } from "./duty.js";

/** What is typed and shown in this view. Leaving the view drops it. */
export interface KeysState {
  typed: Record<"present" | "next" | "again" | "proof", string>;
  judged: judging.Strength | null;
  notices: NoticesState;
  passkeys: PasskeysState;
  sessions: SessionsState;
}

export const freshKeysState = (): KeysState => ({
  typed: { present: "", next: "", again: "", proof: "" },
  judged: null,
  notices: { url: "", daily: false, settings: null },
  passkeys: { passphrase: "", strict: false },
  sessions: { sessions: null },
});

interface KeysActions extends Actions {
  /** Show a new paper code on its page. */
  toPaper: (paper: PaperState) => void;
}

export function keysView(me: Member, state: KeysState, actions: KeysActions): TemplateResult {
  const due = dueOn(me);
  return html`
    <h1 tabindex="-1">${t("My keys")}</h1>
    <h2>${t("Renew my keys")}</h2>
    <p>${t("Every case is locked again, and the old key is destroyed. The old key opens nothing any more, not even in a backup.")}
      ${due ? t("It happens by itself on %(day)s.", { day: formatDay(due) }) : nothing}</p>
    <div class="actions">${actionButton(actions, {
      name: "renew",
      words: t("Renew now"),
      work: async () => {
        const lost = await rotate(
          me,
          actions.progress(() => t("Renewing your keys…")),
        );
        return () =>
          lost
            ? t("Your keys are renewed. Cases that could not be opened stay as they are: %(number)s.", {
                number: String(lost),
              })
            : t("Your keys are renewed.");
      },
    })}</div>
    ${work(me, actions)}
    <h2>${t("Change the passphrase")}</h2>
    <p>${t("Your other windows and devices are signed out. No case is lost.")}</p>
    <form @submit=${(event: Event) => {
      event.preventDefault();
      void actions.run("passphrase", () => change(me, state, actions));
    }}>
      ${secret(state, "present", t("Your passphrase now"), "current-password")}
      ${secret(state, "next", t("The new passphrase"), "new-password", () => whenTypingPauses(() => void judge(me, state, actions)))}
      ${secret(state, "again", t("The new passphrase once more"), "new-password")}
      <div class="actions">${actionButton(actions, { name: "passphrase", words: t("Change the passphrase") })}</div>
    </form>
    ${sessionsView(state.sessions, actions)}
    ${passkeysView(me, state.passkeys, actions)}
    ${noticesView(state.notices, actions)}
    <h2>${t("A new paper code")}</h2>
    <p>${unlockers.hasPaperCode(me) ? t("Your paper code is set up.") : t("You have no paper code yet.")}</p>
    <p>${t("The old code works until you have entered the new one.")}</p>
    <form @submit=${(event: Event) => {
      event.preventDefault();
      void actions.run("paper code", () => print(me, state, actions));
    }}>
      ${secret(state, "proof", t("Your passphrase"), "current-password")}
      <div class="actions">${actionButton(actions, { name: "paper code", words: t("Make a new paper code") })}</div>
    </form>`;
}

function secret(
  state: KeysState,
  id: keyof KeysState["typed"],
  label: string,
  autocomplete: string,
  onInput?: () => void,
): TemplateResult {
  const typing = (event: Event): void => {
    state.typed[id] = valueOf(event);
    onInput?.();
  };
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} type="password" autocomplete=${autocomplete} aria-describedby=${onInput ? `${id}-strength` : nothing} required
      .value=${state.typed[id]} @input=${typing}>
    ${onInput ? strengthMeter(`${id}-strength`, state.judged) : nothing}</div>`;
}

/** Judge the new passphrase and show the result. */
async function judge(me: Member, state: KeysState, actions: Actions): Promise<judging.Strength> {
  // The word lists are large and rarely needed, so this code is loaded on demand.
  const { strength } = (await import(JSON.parse(find("strength-code").textContent) as string)) as typeof judging;
  const judged = strength(state.typed.next, me.handle);
  state.judged = state.typed.next ? judged : null;
  actions.draw();
  return judged;
}

async function change(me: Member, state: KeysState, actions: Actions): Promise<Said> {
  const judged = await judge(me, state, actions);
  if (judged.verdict !== "good") return () => verdictMessage(judged);
  if (state.typed.next !== state.typed.again) return () => t("The two passphrases differ.");
  const progress = actions.progress(() => t("Opening and sealing your keys…"));
  await unlockers.changePassphrase(me, state.typed, (done) => progress(Math.round(done * 100), 100));
  Object.assign(state, { typed: freshKeysState().typed, judged: null });
  return () => t("The passphrase is changed.");
}

async function print(me: Member, state: KeysState, actions: KeysActions): Promise<void> {
  const progress = actions.progress(() => t("Opening and sealing your keys…"));
  const paper = await makePaperCode(me, state.typed.proof, (done) => progress(Math.round(done * 100), 100));
  state.typed.proof = "";
  actions.toPaper(paper);
}

/** Show what the group's way of assigning asks of a member. */
function work(me: Member, actions: Actions): TemplateResult | typeof nothing {
  const { assignment, on_duty } = me.counts;
  if (assignment === "duty") {
    return html`<h2>${t("On duty")}</h2>
      <label class="choice"><input type="checkbox" .defaultChecked=${on_duty} .checked=${live(isOnNow(actions, "duty", "", on_duty))}
        @change=${tickAction(actions, "duty", "", async (isOn) => {
          await setDuty(me, isOn);
          return () => t("It is kept.");
        })}> ${t("Give me new cases")}</label>${resultOf(actions, "duty")}`;
  }
  if (assignment !== "language" && assignment !== "desk") return nothing;
  const mine = new Set(me.seat?.tags ?? []);
  return html`<h2>${assignment === "language" ? t("Languages that I speak") : t("What I help with")}</h2>
    <p class="hint">${t("This is public: requesters' browsers choose by it, and the computer sees whom they chose.")}</p>
    <div class="choices">${options(assignment).map(
      ([tag, label]) => html`
      <label class="choice"><input type="checkbox" value=${tag}
        .defaultChecked=${mine.has(tag)} .checked=${live(isOnNow(actions, "tags", tag, mine.has(tag)))}
        @change=${tickAction(actions, "tags", tag, async (isOn) => {
          const others = (me.seat?.tags ?? []).filter((other) => other !== tag);
          await setTags(me, isOn ? [...others, tag] : others);
          return () => t("It is kept.");
        })}> <span>${label}</span></label>`,
    )}</div>${resultOf(actions, "tags")}`;
}
