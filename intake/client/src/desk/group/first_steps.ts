/** The first steps of a new group, and which of them are done. Pure: no page, no network. */
import { MIN_SHARED } from "../../crypto/keylist/keylist.js";

export type StepName = "invite" | "recovery" | "paper" | "backup" | "poster" | "test";

export interface Step {
  name: StepName;
  done: boolean;
  /** Whether the list of steps stays until this one is done. */
  needed: boolean;
}

/** The name under which the keyring keeps that its member hid the list. */
export const HIDDEN = "hidden";

/** What the steps are computed from. `Member` has it. */
export interface SetupFacts {
  id: string;
  counts: { open: Record<string, number>; backup_works: boolean };
  group: {
    keys: {
      members: ReadonlyMap<string, string>;
      /** Present and former members, the founder first. */
      allMembers: ReadonlyMap<string, string>;
      recovery: object | null;
    };
  };
  ring: { unlockers: { kind: string }[]; steps?: string[]; read?: Record<string, number> };
}

/**
 * Return the steps. A poster is ticked by hand, because no client knows whether one was printed.
 *
 * The list does not wait for what this member cannot do: backups are made by the person who runs the server, and the founder
 * prints the poster.
 */
export function firstSteps({ id, counts, group, ring }: SetupFacts): Step[] {
  const { members, allMembers, recovery } = group.keys;
  const isFounder = allMembers.keys().next().value === id;
  const hasCases = Object.values(counts.open).some(Boolean) || Object.keys(ring.read ?? {}).length > 0;
  return [
    { name: "invite", done: members.size > 1, needed: true },
    { name: "recovery", done: recovery !== null, needed: members.size >= MIN_SHARED },
    { name: "paper", done: ring.unlockers.some(({ kind }) => kind === "paper"), needed: true },
    { name: "backup", done: counts.backup_works, needed: false },
    { name: "poster", done: ring.steps?.includes("poster") ?? false, needed: isFounder },
    { name: "test", done: hasCases, needed: true },
  ];
}

/** Return whether the list of steps is shown: until every needed step is done, or its member hides it. */
export const showsSteps = (facts: SetupFacts): boolean =>
  !facts.ring.steps?.includes(HIDDEN) && firstSteps(facts).some(({ done, needed }) => needed && !done);
