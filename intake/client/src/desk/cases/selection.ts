/**
 * The cases that a coordinator has selected in the list. Holds ids only, in memory, until sign-out. Pure: no page, no
 * network.
 */
export interface Selection {
  /** Whether the rows have boxes to tick. */
  isOn: boolean;
  ids: Set<string>;
  /** The case at which a range begins, and what was selected before that range. */
  anchor: string;
  before: Set<string>;
  /** The action whose field is shown, and why cases are handed over. */
  asks: BulkAsk | "";
  reason: string;
}

/** Actions on several cases that need one more choice. */
export type BulkAsk = "status" | "tag" | "close" | "share" | "hand over";

export const freshSelection = (): Selection => ({
  isOn: false,
  ids: new Set(),
  anchor: "",
  before: new Set(),
  asks: "",
  reason: "",
});

/** Select a case, or no longer. The next range begins there. */
export function toggle(selection: Selection, id: string): void {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  Object.assign(selection, { isOn: true, ids, anchor: id, before: ids });
}

/** Select the rows from the anchor to a case. A second range from the same anchor replaces the first. */
export function extend(selection: Selection, shown: string[], to: string): void {
  const [from, until] = [shown.indexOf(selection.anchor), shown.indexOf(to)];
  if (until < 0) return;
  if (from < 0) {
    selection.before = selection.ids;
    selection.anchor = to;
  }
  const [first, last] = from < 0 ? [until, until] : [Math.min(from, until), Math.max(from, until)];
  selection.isOn = true;
  selection.ids = new Set([...selection.before, ...shown.slice(first, last + 1)]);
}

/** Select these cases and no others. */
export function selectOnly(selection: Selection, ids: string[]): void {
  Object.assign(selection, freshSelection(), { isOn: true, ids: new Set(ids), before: new Set(ids) });
}

/** Deselect these cases. Without any other, the boxes disappear. */
export function deselect(selection: Selection, ids: string[]): void {
  const left = [...selection.ids].filter((id) => !ids.includes(id));
  if (left.length) selectOnly(selection, left);
  else Object.assign(selection, freshSelection());
}

/** Deselect cases that the list no longer shows, so that no action reaches a case that nobody sees selected. */
export function keepShown(selection: Selection, shown: string[]): void {
  if (!selection.isOn) return;
  const present = new Set(shown);
  const kept = (ids: Set<string>): Set<string> => new Set([...ids].filter((id) => present.has(id)));
  Object.assign(selection, { ids: kept(selection.ids), before: kept(selection.before) });
}
