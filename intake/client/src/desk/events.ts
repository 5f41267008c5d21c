/** Events from the server: the id of a changed case, nothing else. */
export class Events {
  private source: EventSource | null = null;

  /** Connect. `onGap` is called after a reconnection, since events may have been missed. */
  start(onChange: (id: string) => void, onGap: () => void): void {
    this.stop();
    let open = false;
    this.source = new EventSource("/api/desk/events");
    this.source.onopen = () => {
      if (open) onGap();
      open = true;
    };
    this.source.onmessage = ({ data }: MessageEvent<string>) => onChange(data);
  }

  stop(): void {
    this.source?.close();
    this.source = null;
  }
}
