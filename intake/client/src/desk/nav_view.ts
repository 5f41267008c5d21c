/** Show the desk's navigation: the views, the present one marked, each with the number of things that wait there. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../page/i18n.js";
import type { DeskState, View } from "./state.js";

export function navView(state: DeskState, go: (view: View) => () => void): TemplateResult {
  const current = state.view === "case" ? "list" : state.view;
  const entry = (view: View, words: string, count = 0): TemplateResult => html`
    <button type="button" aria-current=${view === current ? "page" : nothing} @click=${go(view)}>${words}${
      count ? html` <span class="badge">${count}</span>` : nothing
    }</button>`;
  const waiting = state.me?.proposals.length ?? 0;
  return html`<nav class="menu" aria-label=${t("Desk")}><div>
    ${entry("list", t("Cases"), state.list.counts.any)}
    ${entry("group", t("Group"), waiting + (state.me?.newcomers.length ?? 0))}
    ${entry("keys", t("My keys"))}</div></nav>`;
}
