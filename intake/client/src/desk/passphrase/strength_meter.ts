/** Show how hard a passphrase is to guess and how to improve it, without repeating any of it. */
import { html, nothing, type TemplateResult } from "lit";
import { hint } from "../../page/elements.js";
import type { Strength } from "./strength.js";
import { t } from "../../page/i18n.js";

const PAUSE = 300; // ms without a key: judging can block an old phone for a second
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Call `judge` when typing pauses. */
export function whenTypingPauses(judge: () => void): void {
  clearTimeout(waiting);
  waiting = setTimeout(judge, PAUSE);
}

/** Show the meter for the field that names `id` in `aria-describedby`. `judged` is null while nothing is typed. */
export const strengthMeter = (id: string, judged: Strength | null): TemplateResult => html`
  <meter min="0" max="4" low="2" high="3" optimum="4" .value=${judged?.score ?? 0} aria-hidden="true"></meter>
  <div class="strength" id=${id} role="status">${
    judged
      ? html`
    <p>${verdictMessage(judged)}</p>${judged.verdict === "good" ? nothing : hint(adviceMessage(judged))}`
      : nothing
  }</div>`;

export function verdictMessage({ score, verdict }: Strength): string {
  if (verdict === "short") return t("Too short.");
  if (verdict === "common") return t("Too easy: it is on lists of common passwords, or close to them.");
  if (verdict === "weak") return t("Nearly: a patient machine would still guess it.");
  return score === 3 ? t("Good.") : t("Very good.");
}

function adviceMessage({ verdict, weakness }: Strength): string {
  switch (weakness) {
    case "names":
      return t("Names that everybody here knows are tried first. Use four or five other words.");
    case "runs":
      return t("Rows of keys, sequences and repeats are tried early. Use four or five words instead.");
    case "dates":
      return t("Dates and years are tried early. Use four or five words instead.");
    default:
      return verdict === "weak"
        ? t("One more word makes it strong, best one that has nothing to do with the others.")
        : t("Use four or five words that have nothing to do with each other, in any language.");
  }
}
