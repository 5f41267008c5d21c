/** Single keys of the desk. They do nothing while somebody types, and nothing together with Ctrl, Alt or Meta. */
import { html, type TemplateResult } from "lit";
import { t } from "../page/i18n.js";

const FIELDS: Partial<Record<string, string>> = {
  "/": "#search",
  r: "#reply",
  n: "#note",
  s: "#status [aria-checked=true]",
};
const TYPES = ["checkbox", "radio", "button", "submit"];

interface KeyActions {
  isSignedIn: () => boolean;
  /** Open the next (1) or previous (-1) case. Returns whether a case was on the screen. */
  step: (by: 1 | -1) => boolean;
  toSearch: () => void;
  help: (shown: boolean) => void;
  /** Deselect the selected cases. */
  deselect: () => void;
}

/** Return whether the keys of this event go into a field. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !TYPES.includes(target.type)));

export function listenToKeys(actions: KeyActions): void {
  addEventListener("keydown", (event) => {
    if (!actions.isSignedIn() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape") {
      actions.help(false);
      actions.deselect();
    }
    if (isTyping(event.target) || event.defaultPrevented) return;
    if (act(event.key, actions)) event.preventDefault();
  });
}

function act(key: string, { step, toSearch, help }: KeyActions): boolean {
  if (key === "?") help(true);
  else if (key === "j" || key === "k") {
    const by = key === "j" ? 1 : -1;
    if (!step(by)) focusRow(by);
  } else {
    const selector = FIELDS[key];
    const field = selector && document.querySelector<HTMLElement>(selector);
    if (field) field.focus();
    else if (key === "/") toSearch();
    else return false;
  }
  return true;
}

/** Move the focus to the next or previous row of the list. Enter opens it. */
function focusRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("#cases > li")];
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[focused < 0 ? 0 : focused + by];
  next?.querySelector<HTMLElement>("button, a, input")?.focus();
}

export const keysHelp = (close: () => void): TemplateResult => html`
  <div class="notice" role="dialog" aria-labelledby="keys-heading" id="keys-help">
    <h2 id="keys-heading" tabindex="-1">${t("Keys")}</h2>
    <dl>${(
      [
        ["j", t("Next case")],
        ["k", t("Previous case")],
        ["Enter", t("Open the case")],
        ["x", t("Select the case")],
        ["Shift ↑ ↓", t("Select more cases")],
        ["/", t("Search the cases")],
        ["r", t("Write a reply")],
        ["n", t("Write a note")],
        ["s", t("Change the status")],
        ["?", t("Show these keys")],
      ] as const
    ).map(([key, words]) => html`<dt><kbd>${key}</kbd></dt><dd>${words}</dd>`)}</dl>
    <div class="actions"><button type="button" class="secondary" @click=${close}>${t("Close this list")}</button></div>
  </div>`;
