/**
 * Notice within ten seconds that the session has ended, or that a case has expired.
 *
 * The server ends the event stream of a session that has ended. While the stream is down, a timer asks. Another window's
 * sign-out, `intake sessions end` and the removal of a member therefore end the desk in every window.
 */
import { object, list, text } from "../crypto/shape.js";
import { ask, Problem } from "../net/api.js";
import { Events } from "./events.js";

const EVERY = 4_000; // ms
const GROUP = "group"; // in place of the id of a case

interface Listener {
  changed: (id: string) => void;
  /** Called when the group has changed, or may have. */
  group: () => void;
  /** Called after a reconnection, since events may have been missed. */
  gap: () => void;
  ended: () => void;
  /** Called every few seconds with the day (UTC) of this device. */
  day: (today: string) => void;
}

export class SessionWatch {
  private readonly events = new Events();
  private timer: ReturnType<typeof setInterval> | undefined;
  private isRunning = false;
  private isAsking = false;

  constructor(private readonly on: Listener) {}

  start(): void {
    const changed = (id: string): void => (id === GROUP ? this.on.group() : this.on.changed(id));
    const gap = (): void => {
      this.on.gap();
      this.on.group();
    };
    this.events.start(changed, gap, () => void this.check());
    this.isRunning = true;
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      this.on.day(new Date().toISOString().slice(0, 10));
      if (!this.events.isOpen) void this.check();
    }, EVERY);
  }

  stop(): void {
    this.events.stop();
    clearInterval(this.timer);
    this.isRunning = false;
  }

  /** Return whether the watch still runs, after an answer has arrived. */
  private running(): boolean {
    return this.isRunning;
  }

  /** Ask whether the session is still valid. Without an answer, ask again later. */
  async check(): Promise<void> {
    if (this.isAsking || !this.isRunning) return;
    this.isAsking = true;
    try {
      await ask("GET", "/api/desk/sessions", object({ others: list(text) }));
      this.events.reconnect();
    } catch (error) {
      if (this.running() && error instanceof Problem && error.kind === "sign-in") this.on.ended();
    } finally {
      this.isAsking = false;
    }
  }
}
