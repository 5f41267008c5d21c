/**
 * Keep only the visible rows of a long list in the page. Padding as high as the others replaces them.
 *
 * Rows differ in height. The height of each row that was drawn is kept, and the mean of the first ones is used for the
 * rest. Otherwise the padding would change with each row that is drawn, and the list would never come to rest.
 */
import { rowAt, topsOf } from "./row_tops.js";
import { watchScreen } from "../screen.js";

const WHOLE = 40; // rows up to which the whole list is in the page, where the browser's own search finds them
const SPARE = 12; // rows beyond either edge
const GUESS = { row: 112, heading: 48 }; // px, until rows are measured
const NOTICEABLE = 1; // px by which a row may move

export class Windowed {
  private keys: string[] = [];
  private headings: number[] = [];
  private heights = new Map<string, number>(); // px, of the rows that were drawn
  private guess = { ...GUESS };
  private layout = ""; // what the heights were measured under
  private tops = [0]; // px, where each row begins, and where the last one ends
  private shown = { start: 0, end: 0 };

  constructor(
    private readonly id: string,
    private readonly draw: () => void,
  ) {
    // SplitViewState a case, the list scrolls in a frame of its own.
    document.addEventListener("scroll", () => this.drawIfNeeded(), { passive: true, capture: true });
    watchScreen(draw);
    window.addEventListener("resize", () => this.drawIfNeeded(), { passive: true });
  }

  /** Return which rows are visible or near the edge. `headings` are the rows with a heading before them. */
  range(keys: string[], headings: number[]): { start: number; end: number } {
    this.keys = keys;
    this.headings = headings;
    this.updateTops();
    if (keys.length <= WHOLE) return (this.shown = { start: 0, end: keys.length });
    const { first, last } = this.visible();
    this.shown = { start: Math.max(0, first - SPARE), end: Math.min(keys.length, last + 1 + SPARE) };
    return this.shown;
  }

  /** After rendering: measure the rows that were drawn, and pad the list to the height of all. */
  padList(): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    this.measure(list);
    const { start, end } = this.shown;
    list.style.paddingTop = `${this.tops[start] ?? 0}px`;
    list.style.paddingBottom = `${this.tops.at(-1)! - (this.tops[end] ?? this.tops.at(-1)!)}px`;
  }

  /**
   * Draw rows that changed by themselves. The row under the pointer or with the focus stays where it is on the screen,
   * and so does the first visible one of a list that was scrolled.
   */
  hold(draw: () => void): void {
    const row = this.rowInUse();
    const before = row?.getBoundingClientRect().top ?? 0;
    draw();
    if (!row?.isConnected) return;
    const moved = row.getBoundingClientRect().top - before;
    if (Math.abs(moved) >= NOTICEABLE) scrollerOf(row).scrollBy({ top: moved, behavior: "instant" });
  }

  private rowInUse(): HTMLElement | null {
    const list = document.getElementById(this.id);
    if (!list) return null;
    const used = list.querySelector<HTMLElement>("li:hover, li:focus-within");
    if (used || list.getBoundingClientRect().top >= 0) return used;
    return [...list.querySelectorAll("li")].find((row) => row.getBoundingClientRect().top >= 0) ?? null;
  }

  private drawIfNeeded(): void {
    if (!document.getElementById(this.id)) return;
    const { start, end } = this.shown;
    const { first, last } = this.visible();
    // Draw again only when the visible part comes near the edge of the rendered rows.
    if ((start > 0 && first < start + SPARE / 2) || (end < this.keys.length && last > end - SPARE / 2))
      this.hold(this.draw);
  }

  /** Return the rows at the upper and the lower edge of the window. */
  private visible(): { first: number; last: number } {
    const above = -(document.getElementById(this.id)?.getBoundingClientRect().top ?? 0);
    return { first: rowAt(this.tops, above), last: rowAt(this.tops, above + innerHeight) };
  }

  private measure(list: HTMLElement): void {
    const layout = `${list.className} ${list.clientWidth}`;
    if (layout !== this.layout) this.heights.clear(); // heights from another layout
    const rows = [...list.querySelectorAll<HTMLElement>("li:not(.heading)")].map(heightOf);
    rows.forEach((height, index) => {
      const key = this.keys[this.shown.start + index];
      if (key !== undefined) this.heights.set(key, height);
    });
    if (layout !== this.layout && rows.length) {
      this.guess.row = rows.reduce((sum, height) => sum + height, 0) / rows.length;
      this.layout = layout;
    }
    const heading = list.querySelector<HTMLElement>("li.heading");
    if (heading) this.guess.heading = heightOf(heading);
    this.updateTops();
  }

  private updateTops(): void {
    this.tops = topsOf(
      this.keys.map((key) => this.heights.get(key) ?? this.guess.row),
      this.headings,
      this.guess.heading,
    );
  }
}

const heightOf = (element: HTMLElement): number => element.getBoundingClientRect().height;

/** Return what scrolls the list: its frame beside a case, or else the page. */
const scrollerOf = (row: HTMLElement): Element => {
  const frame = row.closest("aside");
  return frame && frame.scrollHeight > frame.clientHeight ? frame : document.documentElement;
};
