/** Show the desk's navigation: the views, the present one marked, each with the number of things that wait there. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../page/i18n.js";
import { titleWith } from "./cases/attention.js";
import { waitingForMe } from "./group/waiting_for_me.js";
import type { DeskState, View } from "./state.js";

/** The entry of the navigation that each view belongs to. */
const TABS: Record<View, View> = { list: "list", case: "list", group: "group", keys: "keys", paper: "keys" };

export function navView(state: DeskState, go: (view: View) => () => void): TemplateResult {
  const current = TABS[state.view];
  const entry = (view: View, words: string, count = 0): TemplateResult => html`
    <button type="button" aria-current=${view === current ? "page" : nothing} @click=${go(view)}>${words}${
      count ? html` <span class="badge">${count}</span>` : nothing
    }</button>`;
  return html`<nav class="menu" aria-label=${t("Desk")}><div>
    ${entry("list", t("Cases"), state.list.counts.any)}
    ${entry("group", t("Group"), waitingForMe(state.me))}
    ${entry("keys", t("My keys"))}</div></nav>`;
}

/** Return the page's title with the number of cases and decisions that wait for this member. */
export const titleOf = ({ me, list }: DeskState, title: string): string =>
  titleWith(list.counts.any + waitingForMe(me), title);
