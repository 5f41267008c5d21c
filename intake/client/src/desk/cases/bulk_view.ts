/** Show what can be done with the selected cases, in place of the filters, and listen to the keys that select. */
import { html, nothing, type TemplateResult } from "lit";
import { STATUSES, type StatusName } from "../../crypto/entry.js";
import { find } from "../../page/dom.js";
import { t, tn } from "../../page/i18n.js";
import { resultOf, type Runner } from "../action_button.js";
import type { Member } from "../member/member.js";
import type { Bulk } from "./bulk.js";
import { reasonField } from "./case_handling_view.js";
import type { ListState } from "./list_state.js";
import { type BulkAsk, extend, freshSelection, selectOnly, toggle } from "./selection.js";
import { statusLabel } from "./status.js";

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
  const button = (words: string, act: () => void, ask?: BulkAsk): TemplateResult => html`<button type="button"
    class=${words === t("Close") ? "danger" : "secondary"} aria-disabled=${isBlocked ? "true" : nothing}
    aria-expanded=${ask ? selection.asks === ask : nothing} @click=${() => {
      if (isBlocked) return;
      act();
      actions.draw();
    }}>${words}</button>`;
  const asking = (ask: BulkAsk, words: string): TemplateResult =>
    button(words, () => Object.assign(selection, { asks: selection.asks === ask ? "" : ask }), ask);
  const hasColleagues = me.seats.size > 1;
  return html`<div class="bulk" role="group" aria-labelledby="selected">
    <div class="actions"><p id="selected" role="status">${tn("%(num)s case selected", "%(num)s cases selected", ids.length)}</p>
      ${
        ids.length < shown.length
          ? html`<button type="button" class="link" @click=${() => {
              selectOnly(selection, shownIds(list));
              actions.draw();
            }}>${t("Select all (%(number)s)", { number: String(shown.length) })}</button>`
          : nothing
      }
      <button type="button" class="link" aria-label=${t("Stop selecting")} @click=${() => clearSelection(list, actions)}>×</button></div>
    <div class="actions">${asking("status", t("Status"))}
      ${hasColleagues ? [asking("share", t("Share")), asking("hand over", t("Hand over"))] : nothing}
      ${button(t("Close"), () => actions.bulk.close(ids))}</div>
    ${selection.asks && !isBlocked ? askView(me, list, actions) : nothing}
  </div>`;
}

/** Ask for the status, or for the colleague who gets the selected cases. */
function askView(me: Member, list: ListState, { bulk, draw }: BulkActions): TemplateResult {
  const { selection } = list;
  const isStatus = selection.asks === "status";
  const options: [string, string][] = isStatus
    ? STATUSES.map((status) => [status, statusLabel(status, me.words)])
    : [...me.seats.keys()].filter((member) => member !== me.id).map((member) => [member, me.nameOf(member)]);
  const act = (): void => {
    const chosen = find<HTMLSelectElement>("bulk-choice").value; // what is on the screen
    const [ids, { asks, reason }] = [selectedIds(list), selection];
    selection.asks = "";
    if (asks === "status") bulk.setStatus(ids, chosen as StatusName);
    else if (asks === "share") bulk.share(ids, chosen);
    else bulk.handOver(ids, chosen, reason);
    draw();
    focusUndo();
  };
  const words = isStatus ? t("Change the status") : selection.asks === "share" ? t("Share") : t("Hand over");
  return html`<div class="field"><label for="bulk-choice">${isStatus ? t("Status") : t("A colleague")}</label>
      <select id="bulk-choice">${options.map(
        ([value, label]) => html`<option value=${value}>${label}</option>`,
      )}</select></div>
    ${selection.asks === "hand over" ? reasonField(selection) : nothing}
    <div class="actions"><button type="button" @click=${act}>${words}</button></div>`;
}

/** Show how far the action is that runs, its result, and what can be undone. */
export function bulkNotices(bulk: Bulk, runner: Runner): TemplateResult {
  const { progress, undos } = bulk;
  return html`<div class="undos" aria-live="polite">
    ${
      progress
        ? html`<div class="notice"><p aria-hidden="true">${progress.words} · ${progress.done} / ${progress.of}</p>
            <progress max=${progress.of} .value=${progress.done} aria-label=${progress.words}></progress>
            <p class="hide">${progress.words} ${progress.done - (progress.done % 10)} / ${progress.of}</p></div>`
        : resultOf(runner, "bulk")
    }
    ${undos.entries.map(
      (entry) => html`<div class="notice"><p>${entry.words}</p>
        <button type="button" class="undo" @click=${() => {
          undos.undo(entry);
          document.querySelector("h1")?.focus();
        }}>${t("Undo")} <span aria-hidden="true">${entry.left}</span></button></div>`,
    )}</div>`;
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
