/** What the views of the desk can ask the desk to do. */
export interface Actions {
  /** Run something that may fail, and show the error if it does. Fields keep what is typed in them. */
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (change?: { message?: string }) => void;
  /** Show how far a piece of work is. */
  progress: (words: string) => (done: number, of: number) => void;
  leave: (message: string) => Promise<void>;
  /** Called after a decision has taken effect. */
  settled: () => Promise<void>;
}
