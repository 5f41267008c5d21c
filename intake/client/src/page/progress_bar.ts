/** A progress bar, with an estimate of the time left. */
import { make } from "./dom.js";
import { t } from "./i18n.js";

const AFTER = 1_000; // ms of work before the bar is shown and the estimate is good
const STEP = 5; // seconds; the estimate changes in these steps

export class ProgressBar {
  private readonly bar = make("progress", "", { max: "1" }) as HTMLProgressElement;
  private readonly left = make("p", "", { class: "hint" });
  private readonly box = make("div");
  private first: { at: number; done: number } | null = null;

  /** Show it after an element. `words` say what takes time. */
  constructor(after: Element, words: string) {
    const label = make("p", words, { role: "status" });
    this.bar.setAttribute("aria-label", words);
    this.box.append(label, this.bar, this.left);
    this.box.hidden = true;
    after.after(this.box);
  }

  /** Show the finished part, from 0 to 1. The time left is judged by the speed since the first call. */
  update(done: number): void {
    const now = performance.now();
    this.first ??= { at: now, done };
    const { at, done: before } = this.first;
    if (now - at < AFTER || done <= before) return;
    const seconds = ((1 - done) * (now - at)) / (done - before) / 1000;
    this.box.hidden = false;
    this.bar.value = done;
    const text = t("Time left: about %(time)s", { time: clock(Math.ceil(seconds / STEP) * STEP) });
    if (this.left.textContent !== text) this.left.textContent = text;
  }

  end(): void {
    this.box.remove();
  }
}

/** Return minutes and seconds, which every language writes in the same way. */
const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
