/**
 * Keep only the visible rows of a long list in the page. All rows have the same height, and so have all headings before
 * groups of rows. Padding replaces the others.
 */
import { watchScreen } from "../screen.js";

const SPARE = 12; // rows beyond either edge
const GUESS = { row: 112, heading: 48 }; // px, until one is measured

export class Windowed {
  private height = { ...GUESS };
  private headings: number[] = [];
  private shown = { start: 0, end: 0 };

  constructor(
    private readonly id: string,
    private readonly draw: () => void,
  ) {
    // Beside a case, the list scrolls in a frame of its own.
    document.addEventListener("scroll", () => this.drawIfNeeded(), { passive: true, capture: true });
    watchScreen(draw);
    window.addEventListener("resize", () => this.drawIfNeeded(), { passive: true });
  }

  /** Return which rows of `total` are visible or near the edge. `headings` are the rows with a heading before them. */
  range(total: number, headings: number[]): { start: number; end: number } {
    this.headings = headings;
    const first = Math.max(0, this.firstVisible() - SPARE);
    const start = Math.min(first, Math.max(0, total - 1));
    this.shown = { start, end: Math.min(total, start + Math.ceil(innerHeight / this.height.row) + 2 * SPARE) };
    return this.shown;
  }

  /** After rendering: pad the list to the height of all rows. */
  padList(total: number): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    this.height = {
      row: heightOf(list, "li:not(.heading)") || this.height.row,
      heading: heightOf(list, "li.heading") || this.height.heading,
    };
    list.style.paddingTop = `${this.top(this.shown.start)}px`;
    list.style.paddingBottom = `${Math.max(0, this.top(total) - this.top(this.shown.end))}px`;
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
    if (moved) scrollerOf(row).scrollBy({ top: moved, behavior: "instant" });
  }

  private rowInUse(): HTMLElement | null {
    const list = document.getElementById(this.id);
    if (!list) return null;
    const used = list.querySelector<HTMLElement>("li:hover, li:focus-within");
    if (used || list.getBoundingClientRect().top >= 0) return used;
    return [...list.querySelectorAll("li")].find((row) => row.getBoundingClientRect().top >= 0) ?? null;
  }

  private drawIfNeeded(): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    const first = this.firstVisible();
    const last = first + Math.ceil(innerHeight / this.height.row);
    const { start, end } = this.shown;
    // Draw again only when the visible part comes near the edge of the rendered rows.
    if ((start > 0 && first < start + SPARE / 2) || last > end - SPARE / 2) this.draw();
  }

  /** Return the row at the upper edge of the window. Headings move it by a few rows at most. */
  private firstVisible(): number {
    const above = -(document.getElementById(this.id)?.getBoundingClientRect().top ?? 0);
    const passed = this.headings.filter((index) => this.top(index) <= above).length;
    return Math.floor((above - passed * this.height.heading) / this.height.row);
  }

  /** Return where a row begins, the heading before it included. */
  private top(index: number): number {
    const before = this.headings.filter((heading) => heading < index).length;
    return index * this.height.row + before * this.height.heading;
  }
}

const heightOf = (list: HTMLElement, selector: string): number =>
  list.querySelector<HTMLElement>(selector)?.getBoundingClientRect().height ?? 0;

/** Return what scrolls the list: its frame beside a case, or else the page. */
const scrollerOf = (row: HTMLElement): Element => {
  const frame = row.closest("aside");
  return frame && frame.scrollHeight > frame.clientHeight ? frame : document.documentElement;
};
