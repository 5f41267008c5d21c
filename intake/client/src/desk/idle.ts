/** Sign out after fifteen idle minutes, with a warning two minutes before. The server's session uses the same limit. */
const LIMIT = 15 * 60_000; // ms without activity
const WARNING = 2 * 60_000; // ms before the end
const TOUCH_EVERY = 5 * 60_000; // ms between reports of activity to the server, whose session expires as well
const LOOK_EVERY = 5_000; // ms
const SIGNS = ["pointerdown", "keydown", "input", "scroll"] as const;

export class Idle {
  private seen = 0;
  private touched = 0;
  private warned = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly on: { warn: () => void; resume: () => void; leave: () => void; touch: () => void }) {
    for (const sign of SIGNS) window.addEventListener(sign, () => this.note(), { passive: true, capture: true });
    // After sleep, a laptop must sign out before it shows anything.
    document.addEventListener("visibilitychange", () => this.check());
  }

  start(): void {
    this.seen = this.touched = Date.now();
    this.warned = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.check(), LOOK_EVERY);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Called when the person confirms that they are present. */
  stay(): void {
    this.seen = Date.now();
    this.warned = false;
    this.touched = this.seen;
    this.on.touch();
    this.on.resume();
  }

  /** Count a sign of activity, here or on a form that the member fills in for someone. */
  note(): void {
    if (!this.isRunning()) return; // after the warning only `stay` counts, not chance input
    this.check();
    if (!this.isRunning()) return;
    this.seen = Date.now();
    if (this.seen - this.touched > TOUCH_EVERY) {
      this.touched = this.seen;
      this.on.touch();
    }
  }

  private isRunning(): boolean {
    return this.timer !== undefined && !this.warned;
  }

  private check(): void {
    if (!this.timer) return;
    const idle = Date.now() - this.seen;
    if (idle >= LIMIT) {
      this.stop();
      this.on.leave();
    } else if (idle >= LIMIT - WARNING && !this.warned) {
      this.warned = true;
      this.on.warn();
    }
  }
}
