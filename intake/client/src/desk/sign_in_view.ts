/** Sign in with name and passphrase, paper code or passkey. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert, valueOf } from "../page/elements.js";
import { plain } from "../crypto/digits.js";
import { CryptoError } from "../crypto/errors.js";
import * as unlocker from "../crypto/unlocker.js";
import { fetchGroup } from "../net/group.js";
import { Problem } from "../net/api.js";
import { drawQr } from "../page/late_qr.js";
import { comparedDigits } from "./codes/code_views.js";
import { NOTHING, type Said } from "./action_states.js";
import { errorMessage } from "./error_messages.js";
import { t } from "../page/i18n.js";
import type { Member } from "./member/member.js";
import { signIn as signInAsMember, WaitingError } from "./member/sign_in.js";
import * as passkeys from "./member/passkeys.js";

export type Kind = unlocker.Unlocker["kind"];

/** The typed sign-in data. Signing out keeps the sign-in name and drops the secret. */
export interface SignInState {
  handle: string;
  secret: string;
  kind: Kind;
  /** How far the derivation of the keys is, from 0 to 1. */
  busy: number | null;
  problem: Said;
  /** A candidate's digits, while nobody has added them yet. */
  waiting: { digits: string; drawing: SVGElement | null } | null;
}

export const freshSignInState = (): SignInState => ({
  handle: "",
  secret: "",
  kind: "passphrase",
  busy: null,
  problem: NOTHING,
  waiting: null,
});

interface Surroundings {
  message: Said;
  draw: () => void;
  entered: (me: Member) => void;
}

export function signInView(state: SignInState, { message, draw, entered }: Surroundings): TemplateResult {
  if (state.waiting) return waitingView(state.waiting, () => leaveWaiting(state, draw));
  const other = (kind: Kind, words: string): TemplateResult | typeof nothing =>
    state.kind === kind
      ? nothing
      : html`<button type="button" class="secondary" @click=${() => {
          Object.assign(state, { kind, secret: "", problem: NOTHING });
          draw();
        }}>${words}</button>`;
  return html`
    <h1 tabindex="-1">${t("Desk")}</h1>
    ${message() ? html`<p class="notice" role="status">${message()}</p>` : nothing}
    ${state.problem() ? errorAlert(state.problem()) : nothing}
    <form @submit=${(event: Event) => {
      event.preventDefault();
      void enter(state, draw, entered);
    }}>
      <div class="field"><label for="handle">${t("Handle")}</label>
        <input id="handle" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" dir="auto" required
          .value=${state.handle} @input=${(event: Event) => (state.handle = valueOf(event))}></div>
      ${
        state.kind === "passkey"
          ? nothing
          : html`<div class="field"><label for="secret">${
              state.kind === "paper" ? t("The 40 digits of your paper code") : t("Passphrase")
            }</label>
        <input id="secret" type=${
          state.kind === "paper" ? "text" : "password"
        } inputmode=${state.kind === "paper" ? "numeric" : "text"} autocomplete=${
          state.kind === "paper" ? "off" : "current-password"
        } required
          .value=${state.secret} @input=${(event: Event) => (state.secret = valueOf(event))}></div>`
      }
      <p class="hint">${t("If you load this page again, you have to sign in again. What you typed is kept.")}</p>
      <div class="actions">
        <button ?disabled=${state.busy !== null}>${t("Sign in")}</button>
        ${other("passphrase", t("Use my passphrase"))}${other("paper", t("Use my paper code"))}${
          passkeys.possible() ? other("passkey", t("Use my passkey")) : nothing
        }
      </div>
      ${
        state.busy === null
          ? nothing
          : html`<p role="status">${t(
              "Opening your keys. This takes a few seconds on purpose.",
            )}</p><progress max="1" .value=${state.busy}></progress>`
      }
    </form>`;
}

/** Show a candidate their digits again. The keys that they were computed from are gone. */
const waitingView = (
  { digits, drawing }: NonNullable<SignInState["waiting"]>,
  back: () => void,
): TemplateResult => html`
  <h1 tabindex="-1">${t("Waiting for approval")}</h1>
  <p class="notice" role="status">${t(
    "Your keys are made, but no colleague has approved you yet, or the approval has not taken effect.",
  )}</p>
  <h2>${t("Digits to compare")}</h2>
  ${comparedDigits(
    digits,
    t(
      "Read these digits to a colleague, by voice or side by side. They compare them on their desk and approve you. Then you can sign in.",
    ),
    "digits",
  )}
  ${drawing ?? nothing}
  <div class="actions"><button type="button" @click=${back}>${t("Sign in")}</button></div>`;

function leaveWaiting(state: SignInState, draw: () => void): void {
  state.waiting = null;
  draw();
  document.querySelector("h1")?.focus();
}

async function enter(state: SignInState, draw: () => void, entered: (me: Member) => void): Promise<void> {
  Object.assign(state, { busy: 0, problem: NOTHING });
  draw();
  try {
    const me = await signIn(state, (done) => {
      state.busy = done;
      draw();
    });
    Object.assign(state, { secret: "", busy: null });
    entered(me);
  } catch (error) {
    if (error instanceof WaitingError) {
      const drawing = await drawQr(plain(error.digits), t("The digits as a code to scan"));
      Object.assign(state, { secret: "", busy: null, waiting: { digits: error.digits, drawing } });
    } else Object.assign(state, { busy: null, problem: refusalMessage(state, error) });
    draw();
    if (state.waiting) document.querySelector("h1")?.focus();
  }
}

function refusalMessage({ kind }: SignInState, error: unknown): Said {
  const wrong = error instanceof Problem && error.kind === "sign-in";
  if (kind === "passkey" && (wrong || error instanceof CryptoError || error instanceof DOMException))
    return () => t("This passkey does not open your keys. Try again, or use your passphrase.");
  return () => (wrong ? t("Handle and passphrase do not fit.") : errorMessage(error));
}

async function signIn(state: SignInState, onProgress: (done: number) => void): Promise<Member> {
  const group = await fetchGroup();
  if (!group) throw new Problem("not-open");
  const handle = unlocker.normaliseHandle(state.handle);
  if (state.kind === "passkey") {
    const { passkey, unlocker: derived } = await passkeys.usePasskey(group.keys.group, handle);
    return signInAsMember(derived, group, handle, { passkey });
  }
  const derived =
    state.kind === "paper"
      ? await unlocker.fromPaperCode(state.secret, group.keys.group, handle)
      : await unlocker.fromPassphrase(state.secret, group.keys.group, handle, onProgress);
  try {
    return await signInAsMember(derived, group, handle);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "second-factor") throw error;
    const { passkey } = await passkeys.usePasskey(group.keys.group, handle);
    return signInAsMember(derived, group, handle, { passkey });
  }
}
