/** What changes while one looks: the server says which case, nothing else. */
export class Events {
  private source: EventSource | null = null;

  start(onChange: (id: string) => void): void {
    this.stop();
    this.source = new EventSource("/api/desk/events");
    this.source.onmessage = ({ data }: MessageEvent<string>) => onChange(data);
  }

  stop(): void {
    this.source?.close();
    this.source = null;
  }
}
