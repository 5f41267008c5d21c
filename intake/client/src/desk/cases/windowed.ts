/** A long list of which only the part in view stands in the page. Rows have one height; the rest is padding of the list. */
const SPARE = 12; // rows beyond either edge
const GUESS = 112; // px of a row, until one was measured

export class Windowed {
  private height = GUESS;
  private shown = { start: 0, end: 0 };

  constructor(
    private readonly id: string,
    private readonly draw: () => void,
  ) {
    window.addEventListener("scroll", () => this.look(), { passive: true });
    window.addEventListener("resize", () => this.look(), { passive: true });
  }

  /** Which rows of `total` are in view or near it. */
  range(total: number): { start: number; end: number } {
    const top = document.getElementById(this.id)?.getBoundingClientRect().top ?? 0;
    const first = Math.max(0, Math.floor(-top / this.height) - SPARE);
    const start = Math.min(first, Math.max(0, total - 1));
    this.shown = { start, end: Math.min(total, start + Math.ceil(innerHeight / this.height) + 2 * SPARE) };
    return this.shown;
  }

  /** After a rendering: what is not in the page keeps its room. */
  settle(total: number): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    const measured = (list.firstElementChild as HTMLElement | null)?.getBoundingClientRect().height;
    if (measured) this.height = measured;
    list.style.paddingTop = `${this.shown.start * this.height}px`;
    list.style.paddingBottom = `${Math.max(0, total - this.shown.end) * this.height}px`;
  }

  private look(): void {
    const list = document.getElementById(this.id);
    if (!list) return;
    const first = Math.floor(-list.getBoundingClientRect().top / this.height);
    const last = first + Math.ceil(innerHeight / this.height);
    const { start, end } = this.shown;
    // Drawn again only when what is in view comes near the edge of what stands in the page.
    if ((start > 0 && first < start + SPARE / 2) || last > end - SPARE / 2) this.draw();
  }
}
