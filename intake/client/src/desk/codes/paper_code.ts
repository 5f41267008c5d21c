/**
 * A new paper code: shown once, then entered once. It opens nothing before it was entered, because the keys of the code
 * reach the server only then.
 */
import { html, nothing, type TemplateResult } from "lit";
import { plain } from "../../crypto/digits.js";
import { errorAlert, valueOf } from "../../page/elements.js";
import { t } from "../../page/i18n.js";
import { NOTHING, type Said } from "../action_states.js";
import { secretCode } from "./code_views.js";

const GROUP = 4; // digits

/** A paper code on its way to being set up. Exists only in the page's memory. */
export interface PaperCode {
  code: string;
  /** Whether the code is on the screen. If not, the member enters it. */
  isShown: boolean;
  entered: string;
  problem: Said;
  message: Said;
}

export const freshPaperCode = (code: string): PaperCode => ({
  code,
  isShown: true,
  entered: "",
  problem: NOTHING,
  message: NOTHING,
});

/** Return which groups of four digits differ from the code's, counted from 1. */
export function differingGroups(entered: string, code: string): number[] {
  const [digits, expected] = [plain(entered), plain(code)];
  const last = expected.length / GROUP;
  const differs = (number: number): boolean => {
    const [start, end] = [(number - 1) * GROUP, number === last ? undefined : number * GROUP];
    return digits.slice(start, end) !== expected.slice(start, end);
  };
  return Array.from({ length: last }, (_, at) => at + 1).filter(differs);
}

interface Surroundings {
  draw: () => void;
  /** What leaving the page now would lose. */
  loss: string;
  /** Called when the code was entered as it is. */
  proven: () => void;
  /** What else can be done instead of entering the code. */
  otherwise?: TemplateResult;
  /** The progress of setting up the code. */
  progress?: TemplateResult | typeof nothing;
}

/** Show the code, or the field to enter it. Never both. */
export function paperCodeView(paper: PaperCode, surroundings: Surroundings): TemplateResult {
  const { draw, loss } = surroundings;
  const turn = (isShown: boolean): void => {
    Object.assign(paper, { isShown, entered: "", problem: NOTHING, message: NOTHING });
    draw();
    document.querySelector("h1")?.focus();
  };
  if (!paper.isShown) return entryView(paper, surroundings, () => turn(true));
  return html`
    <h1 tabindex="-1">${t("Your paper code")}</h1>
    ${secretCode(
      paper.code,
      (message) => {
        paper.message = message;
        draw();
      },
      html`<button type="button" id="written-down" @click=${() => turn(false)}>${t("I have written it down")}</button>`,
    )}
    <p role="status">${paper.message()}</p>
    <p class="loss">${loss}</p>`;
}

function entryView(
  paper: PaperCode,
  { draw, loss, proven, otherwise, progress }: Surroundings,
  showAgain: () => void,
): TemplateResult {
  const check = (event: Event): void => {
    event.preventDefault();
    const groups = differingGroups(paper.entered, paper.code);
    paper.problem = groups.length
      ? (): string =>
          t("Look at your paper again. Different from the code that was shown: group %(groups)s.", {
            groups: groups.join(", "),
          })
      : NOTHING;
    draw();
    if (!groups.length) proven();
  };
  const problem = paper.problem();
  return html`
    <h1 tabindex="-1">${t("Enter your paper code once")}</h1>
    <p>${t("This shows that you wrote the code down without a mistake. Only then does the code open your keys.")}</p>
    ${problem ? errorAlert(problem) : nothing}
    <form @submit=${check}>
      <div class="field"><label for="entered">${t("The 40 digits of your paper code")}</label>
        <input id="entered" type="text" inputmode="numeric" autocomplete="off" spellcheck="false" dir="ltr" required
          aria-invalid=${problem ? "true" : nothing}
          .value=${paper.entered} @input=${(event: Event) => (paper.entered = valueOf(event))}></div>
      <div class="actions"><button>${t("Check the code")}</button>
        <button type="button" class="secondary" @click=${showAgain}>${t("Show the code again")}</button>${otherwise ?? nothing}</div>
    </form>
    ${progress ?? nothing}
    <p class="loss">${loss}</p>`;
}
