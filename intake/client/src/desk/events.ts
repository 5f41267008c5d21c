/** Events from the server: the id of a changed case, nothing else. */
export class Events {
  private source: EventSource | null = null;
  private connect: (() => void) | null = null;

  /** Connect. `onGap` is called after a reconnection, since events may have been missed. `onDown` when the stream ends. */
  start(onChange: (id: string) => void, onGap: () => void, onDown: () => void): void {
    this.stop();
    let open = false;
    this.connect = () => {
      this.source?.close();
      this.source = new EventSource("/api/desk/events");
      this.source.onopen = () => {
        if (open) onGap();
        open = true;
      };
      this.source.onmessage = ({ data }: MessageEvent<string>) => onChange(data);
      this.source.onerror = onDown;
    };
    this.connect();
  }

  get isOpen(): boolean {
    return this.source?.readyState === EventSource.OPEN;
  }

  /** Connect again if the browser has given up. It does so after an answer that is not a stream. */
  reconnect(): void {
    if (this.source?.readyState === EventSource.CLOSED) this.connect?.();
  }

  stop(): void {
    this.source?.close();
    this.source = this.connect = null;
  }
}
