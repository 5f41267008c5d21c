/** Fifteen idle minutes forget all keys, after two minutes' warning. The server's session ends by the same clock. */
const LIMIT = 15 * 60_000; // ms without a touch
const WARNING = 2 * 60_000; // ms before the end
const TOUCH_EVERY = 5 * 60_000; // ms: how often activity is told to the server, whose session idles out as well
const LOOK_EVERY = 5_000; // ms
const SIGNS = ["pointerdown", "keydown", "input", "scroll"] as const;

export class Idle {
  private seen = 0;
  private touched = 0;
  private warned = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly on: { warn: () => void; resume: () => void; leave: () => void; touch: () => void }) {
    for (const sign of SIGNS) window.addEventListener(sign, () => this.note(), { passive: true, capture: true });
    // A laptop that was asleep: look before anything else is shown.
    document.addEventListener("visibilitychange", () => this.look());
  }

  start(): void {
    this.seen = this.touched = Date.now();
    this.warned = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.look(), LOOK_EVERY);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The person said that they are there. */
  stay(): void {
    this.seen = Date.now();
    this.warned = false;
    this.touched = this.seen;
    this.on.touch();
    this.on.resume();
  }

  private note(): void {
    if (!this.isRunning()) return; // once warned, only `stay` counts: a cat on the keyboard does not
    this.look();
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

  private look(): void {
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
