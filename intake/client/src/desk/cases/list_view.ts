/** Show the list of cases, filtered and searched where it was decrypted. Only visible rows are in the page. */
import { html, nothing, type TemplateResult } from "lit";
import { errorAlert, errorNotice, valueOf } from "../../page/elements.js";
import { addDays } from "../../crypto/encoding.js";
import { STATUSES } from "../../crypto/entry.js";
import { clocksDiffer } from "../error_messages.js";
import { t } from "../../page/i18n.js";
import { optionLabel } from "./form_words.js";
import { AGES, EXPIRIES, type Filter, storedFilter, restored } from "./filter.js";
import type { Member } from "../member/member.js";
import type { CaseList } from "./list.js";
import { rowView } from "./row_view.js";
import type { Row } from "./rows.js";
import { escapeText } from "../escape.js";
import type { SpamRule } from "./spam.js";
import { statusLabel } from "./status.js";
import type { Windowed } from "./windowed.js";

const SOON = 7; // days
const FULL = 80; // percent, from which the view warns
const SIDE = 50; // rows on each side; filters find the rest

export interface ListState {
  filter: Filter;
  view: string;
  side: boolean;
  /** The rows that pass the filter. Computed only when rows or filter change. */
  shown: Row[];
  /** How many rows pass the filter and are hidden as spam. */
  hidden: number;
  /** The rules from rows that this member marked as spam. */
  spam: SpamRule[];
}

export interface ViewActions {
  draw: () => void;
  attempt: (work: () => Promise<void>) => Promise<void>;
  open: (id: string) => void;
  /** Apply the filter again. */
  applyFilter: () => void;
}

/** Warn of what a dishonest host or a neglected group would hide. */
function warnings(me: Member): string[] {
  const { gone, replaced } = me.changed ?? { gone: [], replaced: [] };
  return [
    gone.length
      ? t(
          "Cases that you held at your last sign-in and that are gone before their day: %(number)s. If nobody withdrew, closed or took them over, tell your colleagues.",
          { number: String(gone.length) },
        )
      : "",
    replaced.length
      ? t("Cases whose request is not the one that you held at your last sign-in: %(number)s. Tell your colleagues.", {
          number: String(replaced.length),
        })
      : "",
    me.overdue === null
      ? ""
      : t(
          "Before you, nobody had signed in for %(number)s days. After %(bound)s days the form closes until someone signs in.",
          { number: String(me.overdue), bound: String(me.group.keys.freshnessDays) },
        ),
  ].filter(Boolean);
}

/** Return a language's own name, from the page's list of languages. */
const languageName = (code: string): string =>
  [...document.querySelectorAll<HTMLElement>(".languages [lang]")].find((link) => link.lang === code)?.textContent ??
  code;

export function listView(
  me: Member,
  caseList: CaseList | null,
  state: ListState,
  windowed: Windowed,
  actions: ViewActions,
): TemplateResult {
  if (!caseList) return html`<h1 tabindex="-1">${t("Your cases")}</h1>`;
  const { filter, shown } = state;
  return html`
    <h1 tabindex="-1">${t("Your cases")}</h1>
    ${warnings(me).map((words) => errorAlert(words))}
    <div class="bar">
      <div class="field"><label for="search">${t("Search")}</label>
        <input id="search" type="search" dir="auto" autocomplete="off" spellcheck="false" .value=${filter.search}
          @input=${(event: Event) => {
            filter.search = valueOf(event);
            actions.applyFilter();
          }}></div>
      ${choose(
        "status",
        t("Status"),
        filter,
        STATUSES.map((status) => [status, statusLabel(status)]),
        actions,
      )}
      ${choose(
        "kind",
        t("Kind"),
        filter,
        several(caseList.rows, (row) => row.summary.kinds, optionLabel),
        actions,
      )}
    </div>
    <details ?open=${Boolean(
      filter.direction || filter.language || filter.urgency || filter.age || filter.expiry || filter.closed,
    )}><summary>${t("More filters")}</summary>
      <div class="bar">
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
        ${choose(
          "language",
          t("Language"),
          filter,
          several(caseList.rows, (row) => [row.summary.language], languageName),
          actions,
        )}
        ${choose(
          "urgency",
          t("Urgency"),
          filter,
          several(caseList.rows, (row) => [row.summary.urgency], optionLabel),
          actions,
        )}
        ${choose(
          "age",
          t("Came"),
          filter,
          AGES.map((days) => [days, t("in the last %(number)s days", { number: days })]),
          actions,
        )}
        ${choose(
          "expiry",
          t("Goes"),
          filter,
          EXPIRIES.map((days) => [days, t("in %(number)s days or sooner", { number: days })]),
          actions,
        )}
      </div>
      <label class="choice"><input type="checkbox" .defaultChecked=${state.side} .checked=${state.side} @change=${(
        event: Event,
      ) => {
        state.side = (event.target as HTMLInputElement).checked;
        actions.draw();
      }}> ${t("Needs and offers side by side")}</label>
      <label class="choice"><input type="checkbox" .defaultChecked=${filter.closed === "yes"}
        .checked=${filter.closed === "yes"} @change=${(event: Event) => {
          filter.closed = (event.target as HTMLInputElement).checked ? "yes" : "";
          actions.applyFilter();
        }}> ${t("Closed ones as well")}</label>
      ${views(me, state, actions)}
    </details>
    ${soon(caseList.rows, me.today, filter, actions)}
    ${me.canSign ? nothing : errorAlert(clocksDiffer(me.group.clocks))}
    ${
      me.counts.full >= FULL
        ? errorNotice(
            t("The store is nearly full: %(share)s of 100. Close what is done, or ask whoever runs it for more room.", {
              share: String(me.counts.full),
            }),
          )
        : nothing
    }
    ${
      state.hidden
        ? html`<p class="notice">${t("Hidden here until you sign out: %(number)s", { number: String(state.hidden) })}
      <button type="button" class="link" @click=${() => {
        state.spam = [];
        actions.applyFilter();
      }}>${t("Show what is hidden")}</button></p>`
        : nothing
    }
    ${
      caseList.broken
        ? html`<p class="notice error">${t(
            "Some cases could not be opened with your keys. Ask a colleague to share them with you again.",
          )} (${caseList.broken})</p>`
        : nothing
    }
    ${
      caseList.done < caseList.total
        ? html`<progress max=${caseList.total} .value=${caseList.done} aria-label=${t("Opening your cases…")}></progress>`
        : nothing
    }
    <p class="about" role="status">${t("%(number)s shown", { number: String(shown.length) })}${
      caseList.done < caseList.total
        ? html` · ${t("Opening your cases…")} ${caseList.done} / ${caseList.total}`
        : nothing
    }</p>
    ${
      shown.length === 0
        ? html`<p>${caseList.rows.length ? t("No case fits.") : caseList.done < caseList.total ? "" : t("No case is assigned to you.")}</p>`
        : state.side
          ? sides(shown, actions)
          : rowsView(shown, windowed, actions)
    }`;
}

/** Point out cases that expire within a week. */
function soon(rows: Row[], today: string, filter: Filter, actions: ViewActions): TemplateResult | typeof nothing {
  const expiring = rows.filter((row) => row.open && row.expires <= addDays(today, SOON)).length;
  if (!expiring || filter.expiry === String(SOON)) return nothing;
  return html`<p class="notice">${t("%(number)s of your cases will be deleted within 7 days.", { number: String(expiring) })}
    <button type="button" class="link" @click=${() => {
      filter.expiry = String(SOON);
      actions.applyFilter();
    }}>${t("Show them")}</button></p>`;
}

/** Show needs and offers side by side. */
function sides(shown: Row[], actions: ViewActions): TemplateResult {
  const side = (direction: string, words: string): TemplateResult => {
    const fitting = shown.filter((row) => row.summary.direction === direction);
    return html`<section><h2>${words} (${fitting.length})</h2>
      <ul class="cases">${fitting.slice(0, SIDE).map((row) => html`<li>${rowView(row, actions.open)}</li>`)}</ul></section>`;
  };
  return html`<div class="sides">${side("need", t("Needs"))}${side("offer", t("Offers"))}</div>`;
}

function rowsView(shown: Row[], windowed: Windowed, actions: ViewActions): TemplateResult {
  const { start, end } = windowed.range(shown.length);
  return html`<ul class="cases" id="cases">${shown.slice(start, end).map(
    (row, i) => html`
    <li aria-setsize=${shown.length} aria-posinset=${start + i + 1}>${rowView(row, actions.open)}</li>`,
  )}</ul>`;
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

function several(rows: Row[], of: (row: Row) => string[], inWords: (value: string) => string): [string, string][] {
  const values = new Set(rows.flatMap(of).filter(Boolean));
  return [...values].sort().map((value) => [value, escapeText(inWords(value))]);
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
