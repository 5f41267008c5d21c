/**
 * Show what people wrote, with phone numbers and e-mail addresses to press.
 *
 * A web address is text with a button that copies it. Opening it would tell its host that a coordinator reads the case now,
 * and from where. The request may have been written by somebody who wants to know that.
 */
import { html, nothing, type TemplateResult } from "lit";
import { copyAndReport } from "../../page/copying.js";
import { t } from "../../page/i18n.js";
import { type Part, partsOf } from "../../page/text_parts.js";
import { type Runner } from "../action_button.js";
import { escapeText } from "../escape.js";

/** The parts of a text that can be pressed. `resultOf(runner, name)` shows the result of copying. */
export interface Pressable {
  runner: Runner;
  /** The name of the action that copies. */
  name: string;
  /** Whether the requester wants to be reached at all. If not, nobody calls them by a slip of the finger. */
  mayReach: boolean;
  /** Whether the requester said that a text message to this number is safe. */
  mayText?: boolean;
}

/** Show a text. Numbers and addresses keep their order on a page that is written from the right. */
export const writtenView = (words: string, pressable: Pressable): (TemplateResult | string)[] =>
  partsOf(escapeText(words)).map((part) => partView(part, pressable));

/** Show a text without anything to press. */
export const isolatedView = (words: string): (TemplateResult | string)[] =>
  partsOf(escapeText(words)).map(({ kind, text }) => (kind === "text" ? text : html`<bdi dir="ltr">${text}</bdi>`));

function partView(
  { kind, text, target }: Part,
  { runner, name, mayReach, mayText }: Pressable,
): TemplateResult | string {
  if (kind === "text") return text;
  const isolated = html`<bdi dir="ltr">${text}</bdi>`;
  if (kind === "web")
    return html`${isolated}<button type="button" class="link copy" @click=${() =>
      void runner.run(name, () => copyAndReport(text))}>${t("Copy")}</button>`;
  if (!mayReach) return isolated;
  if (kind === "mail") return html`<a href="mailto:${target}">${isolated}</a>`;
  return html`<a href="tel:${target}">${isolated}</a>${
    mayText ? html`<a class="sms" href="sms:${target}"><bdi>(${t("Text message")})</bdi></a>` : nothing
  }`;
}
