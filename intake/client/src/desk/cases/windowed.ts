/** Keep only the visible rows of a long list in the page. All rows have the same height, and padding replaces the others. */
const SPARE = 12; // rows beyond either edge
const GUESS = 112; // px of a row, until one is measured

export class Windowed {
  private height = GUESS;
  private shown = { start: 0, end: 0 };

  constructor(
    private readonly id: string,
    private readonly draw: () => void,
  ) {
    window.addEventListener("scroll", () => this.drawIfNeeded(), { passive: true });
    window.addEventListener("resize", () => this.drawIfNeeded(), { passive: true });
  }

  /** Return which rows of `total` are visible or near the edge. */
  range(total: number): { start: number; end: number } {
    const top = document.getElementById(this.id)?.getBoundingClientRect().top ?? 0;
    const first = Math.max(0, Math.floor(-top / this.height) - SPARE);
    const start = Math.min(first, Math.max(0, total - 1));
    this.shown = { start, end: Math.min(total, start + Math.ceil(innerHeight / this.height) + 2 * SPARE) };
    return this.shown;
  }

  /** After rendering: pad the list to the height of all rows. */
  padList(total: number): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    const measured = (list.firstElementChild as HTMLElement | null)?.getBoundingClientRect().height;
    if (measured) this.height = measured;
    list.style.paddingTop = `${this.shown.start * this.height}px`;
    list.style.paddingBottom = `${Math.max(0, total - this.shown.end) * this.height}px`;
  }

  private drawIfNeeded(): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    const first = Math.floor(-list.getBoundingClientRect().top / this.height);
    const last = first + Math.ceil(innerHeight / this.height);
    const { start, end } = this.shown;
    // Draw again only when the visible part comes near the edge of the rendered rows.
    if ((start > 0 && first < start + SPARE / 2) || last > end - SPARE / 2) this.draw();
  }
}
