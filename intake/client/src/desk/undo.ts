/**
 * Changes that can be undone for ten seconds.
 *
 * - A change that can be taken back is made at once, and Undo takes it back.
 * - A change of who reads a case cannot be taken back. It is held back for the ten seconds, and Undo drops it.
 *
 * Nothing is made up for. When the session ends, or the page, a change that is held back is dropped.
 */
export const UNDO_SECONDS = 10;

/** One change that can be undone. */
export interface Undo {
  /** Says what can be undone, in the page's language. */
  words: () => string;
  /** Whether the change is held back, so that nothing was written yet. */
  isHeld: boolean;
  /** Seconds until it can no longer be undone. */
  left: number;
  /** Take the change back, or drop it. */
  undo: () => void;
  /** Called after the ten seconds: makes a change that was held back. */
  atEnd: () => void;
}

export class Undos {
  entries: Undo[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly draw: () => void) {}

  /** Whether a change is held back. */
  get isHolding(): boolean {
    return this.entries.some(({ isHeld }) => isHeld);
  }

  add(words: () => string, isHeld: boolean, undo: () => void, atEnd: () => void = () => undefined): void {
    this.entries.push({ words, isHeld, left: UNDO_SECONDS, undo, atEnd });
    // A browser slows the timers of a hidden page. The time is then longer, and never shorter.
    this.timer ??= setInterval(() => this.tick(), 1000);
    this.draw();
  }

  undo(entry: Undo): void {
    if (!this.entries.includes(entry)) return; // its time has just ended
    this.remove(entry);
    entry.undo();
    this.draw();
  }

  /** Forget every change. Those that are held back are never made. */
  drop(): void {
    for (const entry of this.entries) this.remove(entry);
  }

  private tick(): void {
    const over = this.entries.filter((entry) => --entry.left <= 0);
    for (const entry of over) {
      this.remove(entry);
      entry.atEnd();
    }
    this.draw();
  }

  private remove(entry: Undo): void {
    this.entries = this.entries.filter((other) => other !== entry);
    if (this.entries.length) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
