/** A new paper code at the desk: on a page of its own, and set up only after it was entered. */
import { html, nothing, type TemplateResult } from "lit";
import { newPaperCode, type Unlocker } from "../../crypto/unlocker.js";
import { t } from "../../page/i18n.js";
import { resultOf } from "../action_button.js";
import type { Said } from "../action_states.js";
import type { Actions } from "../actions.js";
import { freshPaperCode, type PaperCode, paperCodeView } from "../codes/paper_code.js";
import type { Member } from "../member/member.js";
import { hasPaperCode, provePassphrase, setPaperCode } from "../member/unlockers.js";

/** A code that is not set up yet. */
export interface PaperState {
  paper: PaperCode;
  /** Proves to the server that the member knows the passphrase. */
  proof: Unlocker;
  /** What to do after the member has confirmed that the code may be lost. */
  leave: (() => void) | null;
}

/** Make a code, for a member who knows the passphrase. Nothing changes yet. */
export async function makePaperCode(
  me: Member,
  passphrase: string,
  onProgress: (done: number) => void,
): Promise<PaperState> {
  const proof = await provePassphrase(me, passphrase, onProgress);
  return { paper: freshPaperCode(newPaperCode()), proof, leave: null };
}

interface PaperActions extends Actions {
  /** Leave the page: to the member's keys. */
  toKeys: (message?: Said) => void;
}

export function paperView(me: Member, state: PaperState | null, actions: PaperActions): TemplateResult {
  if (!state) return lostView(actions);
  const { paper, proof } = state;
  return html`${state.leave ? leaveView(me, state, actions) : nothing}
    ${paperCodeView(paper, {
      draw: () => actions.draw(),
      loss: lossOf(me),
      proven: () =>
        void actions.run("paper code", async () => {
          await setPaperCode(me, proof, paper.code);
          actions.toKeys(() => t("The new paper code is set up."));
        }),
    })}${resultOf(actions, "paper code")}`;
}

const lossOf = (me: Member): string =>
  hasPaperCode(me)
    ? t("If you leave this page now, this code is lost. Your earlier paper code still works.")
    : t("If you leave this page now, this code is lost. You then have no paper code.");

const leaveView = (me: Member, state: PaperState, actions: Actions): TemplateResult => html`
  <div class="notice error" role="alert"><p>${lossOf(me)}</p>
    <div class="actions">
      <button type="button" @click=${() => {
        state.leave = null;
        actions.draw();
      }}>${t("Stay")}</button>
      <button type="button" class="danger" @click=${() => state.leave?.()}>${t("Leave and lose this code")}</button>
    </div></div>`;

/** After a reload, or after the code was set up, its address shows nothing. */
const lostView = (actions: PaperActions): TemplateResult => html`
  <h1 tabindex="-1">${t("Your paper code")}</h1>
  <p>${t("The code was shown once, and this page does not have it any more. If you did not enter it, make another one.")}</p>
  <div class="actions"><button type="button" @click=${() => actions.toKeys()}>${t("My keys")}</button></div>`;
