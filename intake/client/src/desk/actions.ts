/** The operations that the desk offers to its views. */
import type { Runner } from "./action_button.js";
import type { Said } from "./action_states.js";

export interface Actions extends Runner {
  draw: (change?: { message?: Said; isHelp?: boolean; wouldLose?: boolean }) => void;
  /** Show the progress of a piece of work. */
  progress: (words: Said) => (done: number, of: number) => void;
  leave: (message: Said) => Promise<void>;
  /** Called after a decision has taken effect. */
  settled: () => Promise<void>;
}
