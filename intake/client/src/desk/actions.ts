/** What the views of the desk ask for. */
export interface Actions {
  /** Run something that may fail, and show why if it does. What is typed stays. */
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (change?: { said?: string }) => void;
  /** Show how far a piece of work is. */
  progress: (words: string) => (done: number, of: number) => void;
  leave: (said: string) => Promise<void>;
  /** Called after a decision has taken effect. */
  settled: () => Promise<void>;
}
