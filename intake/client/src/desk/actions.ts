/** What the views of the desk can ask the desk to do. */
import type { Runner } from "./action_button.js";

export interface Actions extends Runner {
  draw: (change?: { message?: string; isHelp?: boolean; wouldLose?: boolean }) => void;
  /** Show how far a piece of work is. */
  progress: (words: string) => (done: number, of: number) => void;
  leave: (message: string) => Promise<void>;
  /** Called after a decision has taken effect. */
  settled: () => Promise<void>;
}
