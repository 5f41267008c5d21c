/**
 * The page for new coordinators: check the link, write down a paper code, make the keys, show the digits.
 *
 * The paper code has an address of its own. Nothing is sent before the code was entered, so a person who leaves early
 * can open the link again.
 */
import "../../page/form_state.js";
import { isLeaving } from "../../page/quick_exit.js";
import { html, nothing, render, type TemplateResult } from "lit";
import { errorAlert, valueOf } from "../../page/elements.js";
import { plain } from "../../crypto/digits.js";
import { newPaperCode, normaliseHandle } from "../../crypto/unlocker.js";
import { qr } from "../../page/qr.js";
import { enrol, type Enrolled, readInvitation, type Invitation, readLink } from "./enrolment.js";
import { useWorker } from "../../page/argon2id.js";
import { find } from "../../page/dom.js";
import { comparedDigits, publicDigits } from "../codes/code_views.js";
import { askBeforeLeaving } from "../before_unload.js";
import { freshPaperCode, type PaperCode, paperCodeView } from "../codes/paper_code.js";
import { NOTHING, type Said } from "../action_states.js";
import { errorMessage } from "../error_messages.js";
import { type Strength, strength } from "../passphrase/strength.js";
import { strengthMeter, verdictMessage, whenTypingPauses } from "../passphrase/strength_meter.js";
import { t } from "../../page/i18n.js";

const PAPER_CODE = "#/paper-code";

const state: {
  invitation: Invitation | null;
  /** The paper code, from its making on. It stays the same if the sign-in name is taken and must be changed. */
  paper: PaperCode | null;
  isAtPaper: boolean;
  /** Whether the code was entered as it is. */
  isProven: boolean;
  handle: string;
  passphrase: string;
  again: string;
  judged: Strength | null;
  problem: string;
  busy: number | null;
  done: Enrolled | null;
  message: Said;
} = {
  invitation: null,
  paper: null,
  isAtPaper: false,
  isProven: false,
  handle: "",
  passphrase: "",
  again: "",
  judged: null,
  problem: "",
  busy: null,
  done: null,
  message: NOTHING,
};

function draw(change: Partial<typeof state> = {}): void {
  Object.assign(state, change);
  render(view(), find("enrol"));
}

function view(): TemplateResult {
  const { done, invitation, paper } = state;
  if (done) return enrolledView(done);
  if (!invitation) return waitingView();
  if (!paper || !state.isAtPaper) return formView(invitation);
  return paperCodeView(paper, {
    draw,
    loss: t("If you leave this page now, this code is lost and no keys are made. The link still works."),
    proven: () => {
      state.isProven = true;
      void make(invitation, paper.code);
    },
    otherwise: html`<button type="button" class="secondary" @click=${() => void make(invitation, "")}>${t(
      "Go on without a paper code",
    )}</button>`,
    progress: progressView(),
  });
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
      toPaperCode(invitation);
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
    </form>
    ${progressView()}`;
}

const progressView = (): TemplateResult | typeof nothing =>
  state.busy === null
    ? nothing
    : html`<p role="status">${t(
        "Making keys. This takes a few seconds on purpose.",
      )}</p><progress max="1" .value=${state.busy}></progress>`;

/** Continue to the paper code, unless the passphrase is weak or mistyped. */
function toPaperCode(invitation: Invitation): void {
  const judged = strength(state.passphrase, state.handle);
  if (judged.verdict !== "good") {
    draw({ judged, problem: verdictMessage(judged) });
    return;
  }
  if (state.passphrase !== state.again) {
    draw({ problem: t("The two passphrases differ.") });
    return;
  }
  try {
    normaliseHandle(state.handle);
  } catch (error) {
    draw({ problem: errorMessage(error) });
    return;
  }
  const paper = state.paper ?? freshPaperCode(newPaperCode());
  if (state.isProven) return void make(invitation, paper.code);
  history.pushState({ depth: 1 }, "", PAPER_CODE);
  show({ problem: "", paper, isAtPaper: true });
}

/** Draw another view of the page, and read its heading. */
function show(change: Partial<typeof state>): void {
  draw(change);
  find("enrol").querySelector("h1")?.focus();
  window.scrollTo(0, 0);
}

async function make(invitation: Invitation, paperCode: string): Promise<void> {
  if (state.busy !== null) return;
  draw({ busy: 0 });
  const { handle, passphrase } = state;
  try {
    const done = await enrol(invitation, { handle, passphrase, paperCode }, (busy) => draw({ busy }));
    history.replaceState(history.state, "", location.pathname); // the link is used up, so the address need not show it
    show({ done, passphrase: "", again: "", judged: null, busy: null, paper: null });
  } catch (error) {
    // The form says what is wrong. A sign-in name that is taken is changed there.
    if (state.isAtPaper) history.back();
    show({ problem: errorMessage(error), busy: null, isAtPaper: false });
  }
}

const enrolledView = (done: Enrolled): TemplateResult => html`
  <h1 tabindex="-1">${done.founded ? t("Your keys are made. One step is left.") : t("You are enrolled. The form is open.")}</h1>
  ${
    done.founded
      ? html`<h2>${t("Digits to compare")}</h2>${comparedDigits(
          done.digits,
          t(
            "Read these digits to a colleague, by voice or side by side. They compare them on their desk and approve you. Then you can sign in.",
          ),
          "digits",
        )}
        ${qr(plain(done.digits), t("The digits as a code to scan"))}
        <p>${t("You can leave this page. Until you are approved, the desk shows these digits when you sign in.")}</p>`
      : html`<h2>${t("The group's check digits")}</h2>${publicDigits(
          done.digits,
          (message) => draw({ message }),
          html`<a class="button secondary" href="../../poster/#${plain(done.digits)}">${t(
            "A poster with the link and a code to scan",
          )}</a>`,
        )}`
  }
  <p role="status">${state.message()}</p>
  <div class="actions"><a class="button" href="../">${t("To the desk")}</a></div>`;

useWorker();
draw();
askBeforeLeaving(() => state.paper !== null);
addEventListener("popstate", () => {
  if (!isLeaving() && !state.done) show({ isAtPaper: state.paper !== null && location.hash === PAPER_CODE });
});
async function start(): Promise<void> {
  if (location.hash === PAPER_CODE) {
    draw({ problem: t("The page was loaded again, so the code is lost. No keys are made. Open the link again.") });
    return;
  }
  try {
    draw({ invitation: await readInvitation(readLink(location.hash)) });
  } catch (error) {
    draw({ problem: errorMessage(error) });
  }
}

void start();
