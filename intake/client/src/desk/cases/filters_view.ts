/** Show the fields that filter and search the list, and the member's saved filters. */
import { html, nothing, type TemplateResult } from "lit";
import { STATUSES } from "../../crypto/entry.js";
import { isTicked, valueOf } from "../../page/elements.js";
import { t, tn } from "../../page/i18n.js";
import { languageName } from "../languages.js";
import { escapeText } from "../escape.js";
import { screenNow } from "../screen.js";
import { ORDERS, type Order } from "./sorting.js";
import type { Member } from "../member/member.js";
import { AGES, attentionOf, EXPIRIES, type Filter, restored, storedFilter } from "./filter.js";
import { optionLabel } from "./form_words.js";
import type { CaseList } from "./list.js";
import type { ListState } from "./list_state.js";
import { factsOf } from "./row_facts.js";
import { statusLabel } from "./status.js";
import { tagLabel } from "./tags_view.js";

interface Applies {
  /** Apply the filter again. */
  applyFilter: () => void;
}

export interface ViewActions extends Applies {
  draw: () => void;
  attempt: (work: () => Promise<void>) => Promise<void>;
  open: (id: string) => void;
  /** Open these cases, so that the search reads their whole text. */
  searchWhole: (ids: string[]) => Promise<void>;
}

export function filtersView(me: Member, caseList: CaseList, state: ListState, actions: ViewActions): TemplateResult {
  const { filter } = state;
  const { narrow } = screenNow();
  const words = me.words;
  const facts = factsOf(caseList.rows);
  const ids = new Set([...words.tags.map(({ id }) => id), ...facts.tags]);
  const tags = [...ids].map((id): [string, string] => [id, tagLabel(id, words)]);
  const common = html`      ${choose(
    "status",
    t("Status"),
    filter,
    STATUSES.map((status) => [status, statusLabel(status, words)]),
    actions,
  )}
      ${choose("kind", t("Kind"), filter, several(facts.kinds, optionLabel), actions)}
      ${orderView(state, actions)}`;
  return html`
    ${attentionView(state, actions)}
    <div class="bar">
      ${searchView(filter, actions)}
      ${narrow ? nothing : common}
    </div>
    <details ?open=${Boolean(
      filter.tag ||
      filter.direction ||
      filter.language ||
      filter.urgency ||
      filter.age ||
      filter.expiry ||
      filter.closed,
    )}><summary>${t("More filters")}</summary>
      <div class="bar">
        ${narrow ? common : nothing}
        ${tags.length ? choose("tag", t("Tag"), filter, tags, actions) : nothing}
        ${choose(
          "direction",
          t("Needs and offers"),
          filter,
          [
            ["need", t("Needs")],
            ["offer", t("Offers")],
          ],
          actions,
        )}
        ${choose("language", t("Language"), filter, several(facts.languages, languageName), actions)}
        ${choose("urgency", t("Urgency"), filter, several(facts.urgencies, optionLabel), actions)}
        ${choose(
          "age",
          t("Came"),
          filter,
          AGES.map((days) => [days, tn("in the last %(num)s day", "in the last %(num)s days", Number(days))]),
          actions,
        )}
        ${choose(
          "expiry",
          t("Goes"),
          filter,
          EXPIRIES.map((days) => [days, tn("in %(num)s day or sooner", "in %(num)s days or sooner", Number(days))]),
          actions,
        )}
      </div>
      <label class="choice"><input type="checkbox" .defaultChecked=${state.side} .checked=${state.side} @change=${(
        event: Event,
      ) => {
        state.side = isTicked(event);
        actions.draw();
      }}> ${t("Needs and offers side by side")}</label>
      <label class="choice"><input type="checkbox" .defaultChecked=${filter.closed === "yes"}
        .checked=${filter.closed === "yes"} @change=${(event: Event) => {
          filter.closed = isTicked(event) ? "yes" : "";
          actions.applyFilter();
        }}> ${t("Closed ones as well")}</label>
      ${views(me, state, actions)}
    </details>
  `;
}

/** Choose the order of the rows, whether they are grouped, and their height. The choice lasts until sign-out. */
function orderView(state: ListState, actions: ViewActions): TemplateResult {
  const toggle = (isOn: boolean, words: string, act: () => void): TemplateResult => html`
    <button type="button" class="secondary toggle" aria-pressed=${isOn} @click=${() => {
      act();
      actions.applyFilter();
    }}>${words}</button>`;
  return html`<div class="field"><label for="order">${t("Sort by")}</label>
    <select id="order" @change=${(event: Event) => {
      state.order = valueOf(event) as Order;
      actions.applyFilter();
    }}>${ORDERS.map(
      (order) => html`<option value=${order} ?selected=${state.order === order}>${orderLabel(order)}</option>`,
    )}</select></div>
    <div class="toggles">
      ${toggle(state.grouped, t("By status"), () => (state.grouped = !state.grouped))}
      ${toggle(state.dense, t("Dense rows"), () => (state.dense = !state.dense))}</div>`;
}

function orderLabel(order: Order): string {
  switch (order) {
    case "newest":
      return t("Newest first");
    case "waiting":
      return t("Waiting longest");
    case "urgency":
      return t("Most urgent");
    case "deletion":
      return t("Deleted soonest");
    case "activity":
      return t("Last activity");
    case "follow-up":
      return t("Follow-up soonest");
  }
}

const searchView = (filter: Filter, actions: Applies): TemplateResult => html`<div class="field">
  <label for="search">${t("Search")}</label>
  <input id="search" type="search" dir="auto" autocomplete="off" spellcheck="false" .value=${filter.search}
    @input=${(event: Event) => {
      filter.search = valueOf(event);
      actions.applyFilter();
    }}></div>`;

/** Show the search and the tabs alone, above a list beside a case. */
export const sideFiltersView = (state: ListState, actions: Applies): TemplateResult => html`
  ${attentionView(state, actions)}${searchView(state.filter, actions)}`;

/** Offer the cases that need a reply, are unread, or have a follow-up that is due, each with their number. */
function attentionView(state: ListState, actions: Applies): TemplateResult {
  const { filter, counts } = state;
  const choices: [string, string, number][] = [
    ["", t("All"), NaN],
    ["reply", t("Needs a reply"), counts.reply],
    ["unread", t("Unread"), counts.unread],
    ["due", t("Due"), counts.due],
  ];
  return html`<div class="tabs" role="group" aria-label=${t("Show")}>${choices.map(
    ([value, words, count]) =>
      html`<button type="button" aria-pressed=${attentionOf(filter) === value} @click=${() => {
        filter.search = ""; // it would look through all cases
        // What is due comes with the longest overdue first, and the field shows that order.
        if (value === "due") state.order = "follow-up";
        else if (filter.attention === "due" && state.order === "follow-up") state.order = "newest";
        filter.attention = value;
        actions.applyFilter();
      }}>${words}${count >= 0 ? html` <span class="count">${count}</span>` : nothing}</button>`,
  )}</div>`;
}

function choose(
  id: keyof Filter,
  label: string,
  filter: Filter,
  options: readonly (readonly [string, string])[],
  actions: ViewActions,
): TemplateResult {
  return html`<div class="field"><label for=${`by-${id}`}>${label}</label>
    <select id=${`by-${id}`} @change=${(event: Event) => {
      filter[id] = valueOf(event);
      actions.applyFilter();
    }}>
      <option value="">${t("All")}</option>
      ${options.map(([value, words]) => html`<option value=${value} ?selected=${filter[id] === value}>${words}</option>`)}
    </select></div>`;
}

function several(values: Set<string>, inWords: (value: string) => string): [string, string][] {
  return [...values]
    .filter(Boolean)
    .sort()
    .map((value) => [value, escapeText(inWords(value))]);
}

/** Show the saved filters. They are stored in the keyring, so the server does not learn them. */
function views(me: Member, state: ListState, actions: ViewActions): TemplateResult {
  const saved = me.ring.views;
  return html`<div class="field inline"><label for="view">${t("Keep this filter as")}</label>
      <input id="view" type="text" maxlength="40" dir="auto" autocomplete="off" .value=${state.view}
        @input=${(event: Event) => (state.view = valueOf(event))}>
      <button type="button" class="secondary" @click=${() =>
        state.view.trim() &&
        void actions.attempt(async () => {
          const name = state.view.trim();
          await me.changeRing((ring) => ({
            ...ring,
            views: [...ring.views.filter((view) => view.name !== name), { name, filter: storedFilter(state.filter) }],
          }));
          state.view = "";
          actions.draw();
        })}>${t("Keep")}</button></div>
    ${
      saved.length
        ? html`<ul class="views">${saved.map(
            (view) => html`<li>
      <button type="button" class="link" dir="auto" @click=${() => {
        Object.assign(state.filter, restored(view.filter));
        actions.applyFilter();
      }}>${view.name}</button>
      <button type="button" class="link" aria-label=${t("Forget the filter %(name)s", { name: view.name })} @click=${() =>
        void actions.attempt(async () => {
          await me.changeRing((ring) => ({ ...ring, views: ring.views.filter((other) => other.name !== view.name) }));
          actions.draw();
        })}>×</button></li>`,
          )}</ul>`
        : nothing
    }`;
}
