/** Counts lone taps of the Shift key: nothing else was pressed, clicked, scrolled or written between them. */
const TIMES = 3;
const WITHIN = 5_000; // ms, from the first tap to the last

/** What the counter reads of a `KeyboardEvent`. */
export interface Key {
  readonly key: string;
  readonly code: string;
  readonly repeat: boolean;
  readonly isComposing: boolean;
  readonly timeStamp: number;
  getModifierState(name: string): boolean;
}

/** Keys that, held down, give a tap of Shift another meaning, such as a change of the keyboard layout. */
const MODIFIERS = ["Alt", "AltGraph", "Control", "Meta", "OS"];

export class ShiftTaps {
  private taps: number[] = [];
  /** The Shift keys that are down. Two at once are a shortcut. */
  private readonly down = new Set<string>();
  /** Whether nothing else has happened since Shift went down. */
  private lone = false;
  /** Whether an input method is composing a word. Some switch their language with Shift. */
  private composing = false;

  keydown(event: Key): void {
    if (event.key !== "Shift") return this.interrupt();
    const wasDown = this.down.has(event.code);
    if (event.repeat && wasDown) return;
    // The page missed the release of a key, because Windows reports only one of two Shift keys. It cannot know which is down.
    if (wasDown) this.down.clear();
    this.down.add(event.code);
    // It repeats, but this page did not see it pressed. Drivers send a second Shift key in this way.
    if (event.repeat) return this.interrupt();
    const isAlone = this.down.size === 1 && !MODIFIERS.some((name) => event.getModifierState(name));
    if (!isAlone || this.composing || event.isComposing) return this.interrupt();
    this.lone = true;
  }

  /** Returns whether this was the last of three taps. */
  keyup(event: Key): boolean {
    this.down.delete(event.code);
    if (event.key === "Shift" && !event.getModifierState("Shift")) this.down.clear(); // no Shift key is held
    if (event.key !== "Shift" || !this.lone) {
      this.interrupt();
      return false;
    }
    this.lone = false;
    this.taps = [...this.taps.slice(1 - TIMES), event.timeStamp];
    return this.taps.length === TIMES && event.timeStamp - this.taps[0]! < WITHIN;
  }

  /** Something else happened: a click, a turn of the wheel, text from an input method. The count starts again. */
  interrupt(): void {
    this.taps = [];
    this.lone = false;
  }

  compose(started: boolean): void {
    this.composing = started;
    this.interrupt();
  }

  /** The window lost the focus. A key that is released elsewhere causes no event here. */
  blur(): void {
    this.down.clear();
    this.compose(false);
  }
}

/** Call `act` at three lone taps of Shift, wherever the focus is. */
export function onThreeShiftTaps(act: () => void): void {
  const taps = new ShiftTaps();
  const listen = <K extends keyof WindowEventMap>(type: K, listener: (event: WindowEventMap[K]) => void): void =>
    addEventListener(type, listener, { capture: true, passive: true });
  listen("keydown", (event) => taps.keydown(event));
  listen("keyup", (event) => taps.keyup(event) && act());
  for (const type of ["pointerdown", "mousedown", "touchstart", "wheel", "contextmenu", "input"] as const)
    listen(type, () => taps.interrupt());
  for (const type of ["compositionstart", "compositionupdate"] as const) listen(type, () => taps.compose(true));
  listen("compositionend", () => taps.compose(false));
  listen("blur", (event) => event.target === window && taps.blur());
}
