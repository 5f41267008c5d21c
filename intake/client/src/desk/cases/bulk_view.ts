/** Show what can be done with the selected cases, in place of the filters, and listen to the keys that select. */
import { html, nothing, type TemplateResult } from "lit";
import { STATUSES } from "../../crypto/entry.js";
import { find } from "../../page/dom.js";
import { t, tn } from "../../page/i18n.js";
import { resultOf, type Runner } from "../action_button.js";
import type { Member } from "../member/member.js";
import type { Bulk } from "./bulk.js";
import { reasonField } from "./case_handling_view.js";
import type { ListState } from "./list_state.js";
import { type BulkAsk, extend, freshSelection, type Selection, selectOnly, toggle } from "./selection.js";
import { SETTLED } from "./attention.js";
import { statusButtons } from "./status_view.js";
import { tagsView } from "./tags_view.js";

export interface BulkActions extends Runner {
  draw: () => void;
  bulk: Bulk;
}

const shownIds = ({ shown }: ListState): string[] => shown.map(({ id }) => id);

/** Return the selected cases in the order of the list. A case that the list does not show is not selected. */
const selectedIds = (list: ListState): string[] => shownIds(list).filter((id) => list.selection.ids.has(id));

/** Show the bar for the selected cases. */
export function bulkView(me: Member, list: ListState, actions: BulkActions): TemplateResult {
  const { selection, shown } = list;
  const ids = selectedIds(list);
  const isBlocked = ids.length === 0 || actions.stateOf("bulk").stage === "sending";
  const asking = (ask: BulkAsk, words: string): TemplateResult => html`<button type="button"
    class=${ask === "close" ? "danger" : "secondary"} aria-disabled=${isBlocked ? "true" : nothing}
    aria-expanded=${selection.asks === ask} @click=${() => {
      if (isBlocked) return;
      selection.asks = selection.asks === ask ? "" : ask;
      actions.draw();
    }}>${words}</button>`;
  const hasColleagues = me.seats.size > 1;
  return html`<div class="bulk" role="group" aria-labelledby="selected">
    <div class="actions"><p id="selected" role="status">${tn("%(num)s case selected", "%(num)s cases selected", ids.length)}</p>
      ${
        ids.length < shown.length
          ? html`<button type="button" class="link" id="select-all" @click=${() => {
              selectOnly(selection, shownIds(list));
              actions.draw();
            }}>${t("Select all (%(number)s)", { number: String(shown.length) })}</button>`
          : nothing
      }
      <button type="button" class="link" aria-label=${t("Stop selecting")} @click=${() => clearSelection(list, actions)}>×</button></div>
    <div class="actions">${asking("status", t("Status"))}
      ${me.words.tags.length || shown.some(({ tags }) => tags.length) ? asking("tag", t("Tags")) : nothing}
      ${hasColleagues ? [asking("share", t("Share")), asking("hand over", t("Hand over"))] : nothing}
      ${asking("close", t("Close"))}</div>
    ${selection.asks && !isBlocked ? askView(me, list, actions) : nothing}
  </div>`;
}

/** Ask for one more choice, and carry the action out. */
function askView(me: Member, list: ListState, { bulk, draw }: BulkActions): TemplateResult {
  const { selection } = list;
  const act = (work: (ids: string[]) => void): void => {
    const ids = selectedIds(list);
    const opener = document.querySelector<HTMLElement>('.bulk [aria-expanded="true"]');
    selection.asks = "";
    work(ids);
    draw();
    if (opener?.isConnected) opener.focus();
    else focusUndo();
  };
  switch (selection.asks) {
    case "status":
      return statusButtons(t("Status"), STATUSES, me, (status) => act((ids) => bulk.setStatus(ids, status)));
    case "close":
      return html`${statusButtons(t("Close as"), SETTLED, me, (status) => act((ids) => bulk.close(ids, status)))}
        <div class="actions"><button type="button" class="secondary" @click=${() =>
          act((ids) => bulk.close(ids, null))}>${t("Close without another status")}</button></div>`;
    case "tag":
      return tagButtons(me, list, (tag, isOn) => act((ids) => bulk.setTag(ids, tag, isOn)));
    default:
      return colleagueView(me, selection, (colleague) => {
        const { asks, reason } = selection;
        act((ids) => (asks === "share" ? bulk.share(ids, colleague) : bulk.handOver(ids, colleague, reason)));
      });
  }
}

/** Offer each of the group's tags: to add it, or to take it off where every selected case has it. */
function tagButtons(
  me: Member,
  { shown, selection }: ListState,
  act: (tag: string, isOn: boolean) => void,
): TemplateResult {
  const rows = shown.filter(({ id }) => selection.ids.has(id));
  const ids = [...new Set([...me.words.tags.map(({ id }) => id), ...rows.flatMap(({ tags }) => tags)])];
  return html`<div class="actions" role="group" aria-label=${t("Tags")}>${ids.map((id) => {
    const isOn = rows.every(({ tags }) => tags.includes(id));
    return html`<button type="button" class="secondary" aria-pressed=${isOn} @click=${() =>
      act(id, !isOn)}>${tagsView([id], me.words)}</button>`;
  })}</div>`;
}

function colleagueView(me: Member, selection: Selection, act: (colleague: string) => void): TemplateResult {
  const others = [...me.seats.keys()].filter((member) => member !== me.id);
  return html`<div class="ask"><div class="field"><label for="bulk-choice">${t("A colleague")}</label>
      <select id="bulk-choice">${others.map(
        (member) => html`<option value=${member}>${me.nameOf(member)}</option>`,
      )}</select></div>
    ${selection.asks === "hand over" ? reasonField(selection) : nothing}
    <div class="actions"><button type="button" @click=${() => act(find<HTMLSelectElement>("bulk-choice").value)}>${
      selection.asks === "share" ? t("Share") : t("Hand over")
    }</button></div></div>`;
}

/** Show how far the action is that runs, its result, and what can be undone. */
export function bulkNotices(bulk: Bulk, runner: Runner): TemplateResult {
  const { progress, undos } = bulk;
  return html`<div class="undos" aria-live="polite">
    ${progress ? progressView(progress) : resultOf(runner, "bulk")}
    ${undos.entries.map(
      (entry) => html`<div class="notice"><p>${entry.words()}</p>
        <button type="button" class="undo" @click=${() => {
          undos.undo(entry);
          document.querySelector("h1")?.focus();
        }}>${t("Undo")} <span aria-hidden="true">${entry.left}</span></button></div>`,
    )}</div>`;
}

function progressView({ words, done, of }: NonNullable<Bulk["progress"]>): TemplateResult {
  const label = words();
  return html`<div class="notice"><p aria-hidden="true">${label} · ${done} / ${of}</p>
    <progress max=${of} .value=${done} aria-label=${label}></progress>
    <p class="hide">${label} ${done - (done % 10)} / ${of}</p></div>`;
}

/** Move the focus to the newest Undo, because the button that was pressed may be gone. */
const focusUndo = (): void => [...document.querySelectorAll<HTMLElement>(".undo")].at(-1)?.focus();

/** Move the focus to a row, whose element changes when the boxes appear or disappear. */
const focusRow = (index: number): void =>
  document.querySelector<HTMLElement>(`#cases > [aria-posinset="${index + 1}"] :is(input, button)`)?.focus();

/** Show the rows without boxes again. The focus stays where it was. */
export function clearSelection(list: ListState, { draw }: { draw: () => void }): void {
  if (!list.selection.isOn) return;
  const index = rowOf(document.activeElement);
  Object.assign(list.selection, freshSelection());
  draw();
  if (index < 0) document.getElementById("select")?.focus();
  else focusRow(index);
}

/** Return which row of the list an element is in, or -1. */
const rowOf = (element: Element | null): number =>
  Number(element?.closest("#cases > li")?.getAttribute("aria-posinset") ?? 0) - 1;

/** Select or deselect a row, or with Shift all rows up to it. */
export function selectRow(list: ListState, id: string, isRange: boolean, draw: () => void): void {
  if (isRange) extend(list.selection, shownIds(list), id);
  else toggle(list.selection, id);
  draw();
  focusRow(shownIds(list).indexOf(id));
}

/** Listen to keys on the rows: `x` selects, Shift with an arrow selects more, Enter opens a row that has a box. */
export const listenToRows =
  (list: ListState, open: (id: string) => void, draw: () => void) =>
  (event: KeyboardEvent): void => {
    const ids = shownIds(list);
    const index = rowOf(event.target as Element);
    const id = ids[index];
    if (id === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const { selection } = list;
    const step = event.shiftKey ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : undefined;
    const next = step === undefined ? undefined : ids[index + step];
    if (next !== undefined) {
      if (!selection.anchor) extend(selection, ids, id);
      selectRow(list, next, true, draw);
    } else if (event.key === "x") selectRow(list, id, false, draw);
    else if (event.key === "Enter" && selection.isOn) open(id);
    else return;
    event.preventDefault();
  };
