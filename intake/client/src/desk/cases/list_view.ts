/** Show the list of cases, filtered and searched in the browser. Only visible rows are in the page. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { errorAlert, errorNotice, hint } from "../../page/elements.js";
import { addDays } from "../../crypto/encoding.js";
import { escapeText } from "../escape.js";
import { clocksDiffer } from "../error_messages.js";
import { t, tn } from "../../page/i18n.js";
import type { Filter } from "./filter.js";
import { screenNow } from "../screen.js";
import type { Member } from "../member/member.js";
import type { CaseList } from "./list.js";
import { type BulkActions, bulkView, listenToRows, selectRow } from "./bulk_view.js";
import { filtersView, sideFiltersView, type ViewActions } from "./filters_view.js";
import type { ListState } from "./list_state.js";
import { type RowContext, rowView } from "./row_view.js";
import { expiringBy, factsOf } from "./row_facts.js";
import type { Row } from "./rows.js";
import { startsGroup } from "./sorting.js";
import { showsSteps } from "../group/first_steps.js";
import { statusLabel } from "./status.js";
import type { Windowed } from "./windowed.js";

const SOON = 7; // days
const FULL = 80; // percent, from which the view warns
const SIDE = 50; // rows on each side; filters find the rest

/** Warn of what a dishonest host or a neglected group would hide. */
function warnings(me: Member): string[] {
  const { missing, replaced } = me.changed ?? { missing: [], replaced: [] };
  return [
    missing.length
      ? t(
          "Cases that you held at your last sign-in and that are gone before their day: %(number)s. If nobody withdrew, closed or took them over, tell your colleagues.",
          { number: String(missing.length) },
        )
      : "",
    replaced.length
      ? t("Cases whose request is not the one that you held at your last sign-in: %(number)s. Tell your colleagues.", {
          number: String(replaced.length),
        })
      : "",
    me.overdue === null
      ? ""
      : `${tn(
          "Before you, nobody had signed in for %(num)s day.",
          "Before you, nobody had signed in for %(num)s days.",
          me.overdue,
        )} ${tn(
          "After %(num)s day without a sign-in, the form closes until someone signs in.",
          "After %(num)s days without a sign-in, the form closes until someone signs in.",
          me.group.keys.freshnessDays,
        )}`,
  ].filter(Boolean);
}

export function listView(
  me: Member,
  caseList: CaseList | null,
  state: ListState,
  windowed: Windowed,
  actions: ViewActions & BulkActions,
): TemplateResult {
  if (!caseList) return html`<h1 tabindex="-1">${t("Your cases")}</h1>`;
  const { filter, shown, selection } = state;
  return html`
    <h1 tabindex="-1">${t("Your cases")}</h1>
    ${warnings(me).map((words) => errorAlert(words))}
    ${selection.isOn ? bulkView(me, state, actions) : filtersView(me, caseList, state, actions)}
    ${soon(caseList.rows, me.today, filter, actions)}
    ${me.canSign ? nothing : errorAlert(clocksDiffer(me.group.clocks))}
    ${
      me.counts.storage_percent >= FULL
        ? errorNotice(
            t("The store is nearly full: %(share)s of 100. Close what is done, or ask whoever runs it for more room.", {
              share: String(me.counts.storage_percent),
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
    ${longOnes(state, actions)}
    <div class="count"><p class="about" role="status">${tn("%(num)s case shown", "%(num)s cases shown", shown.length)}${
      caseList.done < caseList.total
        ? html` · ${t("Opening your cases…")} ${caseList.done} / ${caseList.total}`
        : nothing
    }</p>${
      selection.isOn || !shown.length
        ? nothing
        : html`<button type="button" class="link" id="select" @click=${() => {
            selection.isOn = true;
            actions.draw();
            document.querySelector<HTMLElement>("#cases input")?.focus();
          }}>${t("Select cases")}</button>`
    }</div>
    ${
      shown.length === 0
        ? nothingShown(me, caseList, state)
        : state.side && !selection.isOn
          ? sides(me, state, actions)
          : selectableRows(me, state, windowed, actions)
    }`;
}

/** Show rows that can be selected with the keyboard, or with Shift or Ctrl and a click. */
function selectableRows(me: Member, state: ListState, windowed: Windowed, { open, draw }: ViewActions): TemplateResult {
  const select = (id: string, isRange: boolean): void => selectRow(state, id, isRange, draw);
  return html`<div @keydown=${listenToRows(state, open, draw)}>${rowsView(me, state, windowed, open, { select })}</div>`;
}

/** Say why the list is empty. Nothing is said while cases are being opened. */
function nothingShown(me: Member, { rows, done, total }: CaseList, state: ListState): TemplateResult {
  if (rows.length) return html`<p>${nothingFits(state)}</p>`;
  if (done < total) return html`<p></p>`;
  const steps = hint(t("The first steps for a new group are on the group's page."));
  return html`<p>${t("No case is assigned to you.")}</p>${!total && showsSteps(me) ? steps : nothing}`;
}

/** Say that no row matches, unless the search left text out. */
function nothingFits({ filter, unsearched }: ListState): string {
  const words = filter.search.trim();
  if (!words) return t("No case fits.");
  return unsearched.length ? "" : t("No request matches “%(words)s”.", { words: escapeText(words) });
}

/** Say how many requests are longer than the search reads, and offer to read them. */
function longOnes({ unsearched }: ListState, actions: ViewActions): TemplateResult | typeof nothing {
  const count = unsearched.length;
  if (!count) return nothing;
  return html`<p class="notice">${tn(
    "%(num)s request is longer than the part that was searched.",
    "%(num)s requests are longer than the part that was searched.",
    count,
  )}
    <button type="button" class="link" @click=${() => void actions.attempt(() => actions.searchWhole(unsearched))}>${t(
      "Search the whole text",
    )}</button></p>`;
}

/** Point out cases that expire within a week. */
function soon(rows: Row[], today: string, filter: Filter, actions: ViewActions): TemplateResult | typeof nothing {
  const expiring = expiringBy(factsOf(rows), addDays(today, SOON));
  if (!expiring || filter.expiry === String(SOON)) return nothing;
  return html`<p class="notice">${tn(
    "%(num)s of your cases will be deleted within 7 days.",
    "%(num)s of your cases will be deleted within 7 days.",
    expiring,
  )}
    <button type="button" class="link" @click=${() => {
      filter.expiry = String(SOON);
      actions.applyFilter();
    }}>${t("Show them")}</button></p>`;
}

/** Show needs and offers side by side. */
function sides(me: Member, { shown, readUpTo }: ListState, actions: ViewActions): TemplateResult {
  const side = (direction: string, words: string): TemplateResult => {
    const fitting = shown.filter((row) => row.summary.direction === direction);
    return html`<section><h2>${words} (${fitting.length})</h2>
      <ul class="cases">${repeat(
        fitting.slice(0, SIDE),
        ({ id }) => id,
        (row) => html`<li>${rowView(row, actions.open, { me, readUpTo })}</li>`,
      )}</ul></section>`;
  };
  return html`<div class="sides">${side("need", t("Needs"))}${side("offer", t("Offers"))}</div>`;
}

/**
 * Show the rows in view. A grouped list has a heading before each status. An element shows one case only, so that a
 * press that begins on one case cannot end on another.
 */
export function rowsView(
  me: Member,
  { shown, readUpTo, grouped, dense, selection }: ListState,
  windowed: Windowed,
  open: (id: string) => void,
  { current, select }: { current?: string; select?: RowContext["select"] },
): TemplateResult {
  const headings = grouped ? shown.flatMap((_, index) => (startsGroup(shown, index) ? [index] : [])) : [];
  const { start, end } = windowed.range(
    shown.map(({ id }) => id),
    headings,
  );
  const selected = select && selection.isOn ? selection.ids : null;
  return html`<ul class="cases ${dense ? "dense" : ""} ${selected ? "selecting" : ""}" id="cases">${repeat(
    shown.slice(start, end),
    ({ id }) => id,
    (row, i) => {
      const index = start + i;
      return html`${headings.includes(index) ? html`<li class="heading"><h2>${groupLabel(row, me)}</h2></li>` : nothing}
    <li aria-setsize=${shown.length} aria-posinset=${index + 1}>${rowView(row, open, { me, readUpTo, current, select, selected })}</li>`;
    },
  )}</ul>`;
}

const groupLabel = (row: Row, me: Member): string =>
  row.fresh ? t("Not opened yet") : row.open ? statusLabel(row.status, me.words) : t("Closed");

/** The state that decides whether the list is shown beside a case. */
interface SplitViewState {
  list: ListState;
  view: string;
  case: { opened: { id: string } } | null;
}

/** Show the list beside a case, where the window has room for both. */
export function splitView(
  me: Member,
  { list, view, case: shown }: SplitViewState,
  windowed: Windowed,
  open: (id: string) => void,
  applyFilter: () => void,
  content: TemplateResult,
): TemplateResult {
  if (view !== "case" || !shown || !screenNow().wide) return content;
  return html`<div class="split">
    <aside aria-label=${t("Your cases")}>${sideFiltersView(list, { applyFilter })}
      ${rowsView(me, list, windowed, open, { current: shown.opened.id })}</aside>
    <div>${content}</div></div>`;
}
