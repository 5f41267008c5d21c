/** Show the member's passkeys: add, remove, require one together with the passphrase. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { hint, valueOf } from "../../page/elements.js";
import { t } from "../../page/i18n.js";
import type { Member } from "../member/member.js";
import { actionButton, resultOf, tickAction } from "../action_button.js";
import type { Said } from "../action_states.js";
import type { Actions } from "../actions.js";
import * as passkeys from "../member/passkeys.js";

export interface PasskeysState {
  passphrase: string;
  strict: boolean;
}

/** Load the setting. Called when the view is shown. */
export const loadStrict = async (state: PasskeysState): Promise<void> => {
  state.strict = await passkeys.isStrict();
};

export function passkeysView(me: Member, state: PasskeysState, actions: Actions): TemplateResult {
  const mine = me.ring.unlockers.filter((passkey) => passkey.kind === "passkey");
  const busy = actions.progress(() => t("Opening and sealing your keys…"));
  const progress = (done: number): void => busy(Math.round(done * 100), 100);
  const act = (work: () => Promise<void>, message: Said) => async (): Promise<void> => {
    await work();
    state.passphrase = "";
    state.strict = await passkeys.isStrict();
    actions.draw({ message });
  };
  return html`<h2>${t("Passkeys")}</h2>
    ${passkeys.possible() || mine.length ? nothing : hint(t("This browser or this address cannot use passkeys."))}
    ${
      passkeys.possible()
        ? html`<p>${t(
            "A fingerprint, a face or a security key opens your keys without the passphrase. Type the passphrase to add or remove one.",
          )}</p>
      <div class="field"><label for="passkey-proof">${t("Your passphrase")}</label>
        <input id="passkey-proof" type="password" autocomplete="current-password" .value=${state.passphrase}
          @input=${(event: Event) => (state.passphrase = valueOf(event))}></div>
      <div class="actions">${actionButton(actions, {
        name: "add passkey",
        words: t("Add a passkey"),
        work: act(
          () => passkeys.add(me, state.passphrase, progress),
          () => t("The passkey is added."),
        ),
      })}</div>`
        : nothing
    }
    ${mine.map(
      (passkey, i) => html`<p>${t("Passkey %(number)s", { number: String(i + 1) })}
      ${actionButton(actions, {
        name: `remove passkey ${passkey.id}`,
        kind: "link",
        words: t("Remove"),
        work: act(
          () => passkeys.remove(me, passkey.id, state.passphrase, progress),
          () => t("The passkey is removed."),
        ),
      })}</p>`,
    )}
    ${
      mine.length
        ? html`<label class="choice"><input type="checkbox" .defaultChecked=${state.strict} .checked=${live(state.strict)}
            @change=${tickAction(actions, "strict", "", (isOn) =>
              act(
                () => passkeys.setStrict(me, isOn, state.passphrase, progress),
                () => t("It is kept."),
              )(),
            )}> ${t("Ask for a passkey beside the passphrase")}</label>${resultOf(actions, "strict")}`
        : nothing
    }`;
}
