/** The page for new coordinators: check the link, make the keys, show once what must be written down. */
import "../../page/form_state.js";
import "../../page/quick_exit.js";
import { html, nothing, render, type TemplateResult } from "lit";
import { errorAlert, valueOf } from "../../page/elements.js";
import { inGroups, plain } from "../../crypto/digits.js";
import { qr } from "../../page/qr.js";
import { enrol, type Enrolled, readInvitation, type Invitation, readLink } from "./enrolment.js";
import { useWorker } from "../../page/argon2id.js";
import { copy, find } from "../../page/dom.js";
import { errorMessage } from "../error_messages.js";
import { type Strength, strength } from "../passphrase/strength.js";
import { strengthMeter, verdictMessage, whenTypingPauses } from "../passphrase/strength_meter.js";
import { t } from "../../page/i18n.js";

const state: {
  invitation: Invitation | null;
  handle: string;
  passphrase: string;
  again: string;
  judged: Strength | null;
  problem: string;
  busy: number | null;
  done: Enrolled | null;
  message: string;
} = {
  invitation: null,
  handle: "",
  passphrase: "",
  again: "",
  judged: null,
  problem: "",
  busy: null,
  done: null,
  message: "",
};

function draw(change: Partial<typeof state> = {}): void {
  Object.assign(state, change);
  render(
    state.done ? enrolledView(state.done) : state.invitation ? formView(state.invitation) : waitingView(),
    find("enrol"),
  );
}

function typed(change: { handle: string } | { passphrase: string }): void {
  draw(change);
  whenTypingPauses(() => draw({ judged: state.passphrase ? strength(state.passphrase, state.handle) : null }));
}

const waitingView = (): TemplateResult => html`
  <h1>${t("Become a coordinator")}</h1>
  ${state.problem ? errorAlert(state.problem) : html`<p role="status">${t("Looking at the link…")}</p>`}`;

function formView(invitation: Invitation): TemplateResult {
  return html`
    <h1>${t("Become a coordinator")}</h1>
    <p>${
      invitation.founded
        ? t(
            "You are joining a group. Your keys are made in this browser. Then a colleague compares digits with you and approves you.",
          )
        : t(
            "You are the first. Your keys and the group's are made in this browser; the computer that stores requests never has them.",
          )
    }</p>
    ${state.problem ? errorAlert(state.problem) : nothing}
    <form @submit=${(event: Event) => {
      event.preventDefault();
      void make(invitation);
    }}>
      <div class="field">
        <label for="handle">${t("Handle")}</label>
        <p class="hint" id="handle-hint">${t("What you sign in as and what colleagues see. It need not be your name.")}</p>
        <input id="handle" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" dir="auto" maxlength="32"
          aria-describedby="handle-hint" required
          .value=${state.handle} @input=${(event: Event) => typed({ handle: valueOf(event) })}>
      </div>
      <div class="field">
        <label for="passphrase">${t("Passphrase")}</label>
        <p class="hint" id="passphrase-hint">${t(
          "At least 12 characters. Four or five words drawn at random are good. Nobody can reset it.",
        )}</p>
        <input id="passphrase" type="password" autocomplete="new-password" aria-describedby="passphrase-hint strength" required
          .value=${state.passphrase} @input=${(event: Event) => typed({ passphrase: valueOf(event) })}>
        ${strengthMeter("strength", state.judged)}
      </div>
      <div class="field">
        <label for="again">${t("The passphrase once more")}</label>
        <input id="again" type="password" autocomplete="new-password" required
          .value=${state.again} @input=${(event: Event) => draw({ again: valueOf(event) })}>
      </div>
      <div class="actions"><button ?disabled=${state.busy !== null}>${t("Make my keys")}</button></div>
      ${
        state.busy === null
          ? nothing
          : html`<p role="status">${t(
              "Making keys. This takes a few seconds on purpose.",
            )}</p><progress max="1" .value=${state.busy}></progress>`
      }
    </form>`;
}

async function make(invitation: Invitation): Promise<void> {
  const judged = strength(state.passphrase, state.handle);
  if (judged.verdict !== "good") {
    draw({ judged, problem: verdictMessage(judged) });
    return;
  }
  if (state.passphrase !== state.again) {
    draw({ problem: t("The two passphrases differ.") });
    return;
  }
  draw({ problem: "", busy: 0 });
  try {
    const done = await enrol(invitation, { handle: state.handle, passphrase: state.passphrase }, (busy) =>
      draw({ busy }),
    );
    history.replaceState(null, "", location.pathname); // the link is used up, so the address need not show it
    draw({ done, passphrase: "", again: "", judged: null, busy: null });
    find("enrol").querySelector("h1")?.focus();
  } catch (error) {
    draw({ problem: errorMessage(error), busy: null });
  }
}

const enrolledView = (done: Enrolled): TemplateResult => html`
  <h1 tabindex="-1">${done.founded ? t("Your keys are made. One step is left.") : t("You are enrolled. The form is open.")}</h1>
  ${
    done.founded
      ? html`
    <p>${t(
      "Read these digits to a colleague, by voice or side by side. They compare them on their desk and approve you. Then you can sign in.",
    )}</p>`
      : html`
    <p>${t(
      "The group's check digits. Put them on posters and in links. With them, a browser notices if someone replaces your keys.",
    )}</p>`
  }
  <p class="code long" dir="ltr" translate="no" id="digits">${done.digits}</p>
  ${
    done.founded
      ? qr(plain(done.digits), t("The digits as a code to scan"))
      : html`<p><a href="../../poster/#${plain(done.digits)}">${t("A poster with the link and a code to scan")}</a></p>`
  }
  <h2>${t("Your paper code")}</h2>
  <p>${t(
    "The second way to open your keys, if you forget the passphrase. The code is shown only now. Write it down and keep it somewhere only you look.",
  )}</p>
  <p class="code long" dir="ltr" translate="no" id="paper">${inGroups(done.paperCode)}</p>
  <div class="actions">
    <button type="button" class="secondary" @click=${() =>
      void copy(inGroups(done.paperCode)).then((good) =>
        draw({
          message: good
            ? t("Copied. Other apps on this device may read it.")
            : t("The digits could not be copied. Please write them down."),
        }),
      )}>${t("Copy")}</button>
    <button type="button" class="secondary" @click=${() => window.print()}>${t("Print")}</button>
  </div>
  <p role="status">${state.message}</p>
  <div class="actions"><a class="button" href="../">${t("I have written it down. To the desk")}</a></div>`;

useWorker();
draw();
async function start(): Promise<void> {
  try {
    draw({ invitation: await readInvitation(readLink(location.hash)) });
  } catch (error) {
    draw({ problem: errorMessage(error) });
  }
}

void start();
