/** The progress of a case, as its requester sees it. docs/reference/format.md, Progress. */
import { type Entry, type StatusName } from "../entry.js";

/** The stages that a requester sees, from the first to the last. */
const STAGES = ["waiting", "read", "in-progress", "answered", "closed"] as const;
export type Stage = (typeof STAGES)[number];
/** The stages that a member's client writes. */
export type WrittenStage = "read" | "in-progress" | "closed";

/** A stage and the day of the entry that says so. The first stage has no day. */
export interface Progress {
  stage: Stage;
  day: string;
}

const WAITING: Progress = { stage: "waiting", day: "" };
const WORKED_ON: StatusName[] = ["call-back", "in-progress", "ongoing"];

/**
 * Return the progress that the shared entries say. `withheld` has the numbers of entries that the reader may not have:
 * only the requester's are withheld.
 */
export function progressOf(entries: Entry[], withheld: number[], members: ReadonlyMap<string, unknown>): Progress {
  const byNumber = new Map<number, Entry | null>([
    ...withheld.map((number): [number, null] => [number, null]),
    ...entries.map((entry): [number, Entry] => [entry.position.number, entry]),
  ]);
  let progress = WAITING;
  let newestKey = 0;
  for (const [, entry] of [...byNumber].sort(([a], [b]) => a - b)) {
    if (!entry?.author) {
      if (progress.stage === "closed") progress = WAITING;
    } else if (entry.kind === "keys") {
      if (members.has(entry.author)) newestKey = Math.max(newestKey, entry.content.number);
    } else if (entry.kind === "progress") {
      if (members.has(entry.author) && entry.key >= newestKey)
        progress = { stage: entry.content.stage, day: entry.day };
    } else if (entry.kind === "message" && progress.stage !== "closed") {
      progress = { stage: "answered", day: entry.day };
    }
  }
  return progress;
}

/** Return whether a stage comes after a case's progress. No client writes any other. */
export const isLater = (stage: Stage, than: Progress): boolean => STAGES.indexOf(stage) > STAGES.indexOf(than.stage);

/** Return the stage of an opened case under this desk status. */
export const stageOf = (status: StatusName): "read" | "in-progress" =>
  WORKED_ON.includes(status) ? "in-progress" : "read";
