/**
 * The three kinds of digits that coordinators see. Each has its own form, its own purpose and its own rule for printing,
 * so that nobody takes one for another:
 *
 * - Public check digits: one plain line. Everyone may see them. They are copied and printed.
 * - Digits to compare: a ledger of five rows, to read out. They are neither copied nor printed.
 * - A secret code: numbered groups on a dark ground. Printed only from its own page, where nothing else is printed.
 */
import { html, nothing, type TemplateResult } from "lit";
import { inGroups, plain } from "../../crypto/digits.js";
import { copyAndReport } from "../../page/copying.js";
import { t } from "../../page/i18n.js";
import type { Said } from "../action_states.js";

/** Show a message about what was copied. */
export type Say = (message: Said) => void;

/** Write digits in groups, whether they are in groups already or not. */
const grouped = (digits: string): string => inGroups(plain(digits));

const groupsOf = (digits: string): TemplateResult[] =>
  grouped(digits)
    .split(" ")
    .map((group) => html`<span>${group}</span> `);

const copyButton = (digits: string, say: Say, done?: Said): TemplateResult => html`
  <button type="button" class="secondary" @click=${() =>
    void copyAndReport(grouped(digits), {
      done,
      failed: () => t("The digits could not be copied. Please write them down."),
    }).then(say)}>${t("Copy")}</button>`;

/** The group's check digits, for posters and links. */
export const publicDigits = (
  digits: string,
  say: Say,
  more: TemplateResult | typeof nothing = nothing,
): TemplateResult =>
  html`<div class="public-digits">
    <p><strong class="audience">${t("Public: everyone may see these digits")}</strong></p>
    <p>${t("Put them on posters and in links. With them, a browser notices if somebody replaces the group's keys.")}</p>
    <p class="code" dir="ltr" translate="no" id="digits">${grouped(digits)}</p>
    <div class="actions">${copyButton(digits, say, () => t("The check digits are copied."))}${more}</div>
  </div>`;

/** A candidate's digits, which two people compare. */
export const comparedDigits = (
  digits: string,
  purpose: string,
  id: string | typeof nothing = nothing,
): TemplateResult =>
  html`<div class="compared-digits">
    <p><strong class="audience">${t("To compare: for the newcomer and their colleagues")}</strong></p>
    <p>${purpose}</p>
    <p class="code" dir="ltr" translate="no" id=${id}>${groupsOf(digits)}</p>
  </div>`;

/** The paper code. */
export const secretCode = (code: string, say: Say, more: TemplateResult): TemplateResult =>
  html`<div class="secret-code">
    <p><strong class="audience">${t("Secret: only you may see this code")}</strong></p>
    <p>${t(
      "The second way to open your keys, if you forget the passphrase. The code is shown only now. Write it down and keep it somewhere only you look.",
    )}</p>
    <p class="code" dir="ltr" translate="no" id="paper">${groupsOf(code)}</p>
    <div class="actions">${more}${copyButton(code, say)}
      <button type="button" class="secondary" @click=${() => window.print()}>${t("Print")}</button></div>
    <p class="hint">${t(
      "Other apps on this device can read what you copy, and a printer may keep what it prints. Paper and pen are safer.",
    )}</p>
  </div>`;
