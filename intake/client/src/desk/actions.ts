/** The operations that the desk offers to its views. */
import type { Runner } from "./action_button.js";

export interface Actions extends Runner {
  draw: (change?: { message?: string; isHelp?: boolean; wouldLose?: boolean }) => void;
  /** Show the progress of a piece of work. */
  progress: (words: string) => (done: number, of: number) => void;
  leave: (message: string) => Promise<void>;
  /** Called after a decision has taken effect. */
  settled: () => Promise<void>;
}
