/**
 * Open one numbered sequence of a case entry by entry, and check its order. docs/reference/format.md, Heads.
 *
 * An entry that does not open or does not follow is left out with a warning. The others are still shown.
 */
import { type Bytes, daysBetween } from "../encoding.js";

import { checkSequence, type Entry, type Sequence } from "../entry.js";
import { CryptoError } from "../errors.js";
import * as keylist from "../keylist/keylist.js";

export const NOTHING_YET = -1; // the number of the last entry of an empty sequence
export const BEFORE_HEADS = -1; // lower than every position of a head
const DAYS_APART = 1; // by which two correct clocks may differ

/**
 * What a reader knows of the newest snapshot: its day, the position of its head, number and digest of the names file.
 */
export interface SnapshotPoint {
  day: string;
  number: number;
  names: number;
  /** Absent from snapshots made before they named a digest. */
  names_digest?: string;
}

/** What a session has seen of a case under a snapshot. Later entries must not be signed under an older head. */
export interface Floor {
  numbers: Record<Sequence, number>;
  head: number;
}

/** What a case is verified with: the key list, the newest snapshot, and what the session has seen. */
export interface VerifiedGroup {
  keys: keylist.Authors;
  snapshot?: SnapshotPoint | null;
  floor?: Floor | null;
}

/** An entry from a host: its age file, or null if the reader may not have it. */
export interface StoredEntry {
  number: number;
  digest: string;
  file: Bytes | null;
}

/** What the next entry follows. */
export interface Last {
  number: number;
  digest: string;
}

/**
 * - `missing`: an entry is missing, was changed or does not follow.
 * - `behind`: an entry was signed under an older key list than it could have been.
 * - `dates`: an entry is dated before an earlier one.
 * - `late`: the host keeps the case longer than its requester chose.
 */
export type WarningKind = "missing" | "behind" | "dates" | "late";

/** A warning to show about a case: the rule and, where there is one, the entry. */
export interface CaseWarning {
  kind: WarningKind;
  reason: string;
  sequence: Sequence | null;
  number: number;
}

export interface OpenedSequence {
  entries: Entry[];
  last: Last;
  hidden: number;
  warnings: CaseWarning[];
}

interface Opening {
  open: (stored: StoredEntry) => Promise<Entry>;
  group: VerifiedGroup;
  /** The number of an entry that must open. Without it, the sequence is refused. */
  needed?: number;
  /** Called with each valid entry before the next is opened. May still refuse it. */
  accept?: (entry: Entry) => void;
}

class BehindError extends CryptoError {}

/** Return the highest number, whether its entry opened or not. Nothing is ever written over it. */
export const lastOf = (stored: StoredEntry[]): Last =>
  stored.reduce<Last>(
    (newest, storedEntry) =>
      storedEntry.number > newest.number ? { number: storedEntry.number, digest: storedEntry.digest } : newest,
    { number: NOTHING_YET, digest: "" },
  );

/** Return the position of a head. Entries from before there were heads come first. */
export const positionOf = (keys: keylist.Authors, head: string | null): number =>
  head === null ? BEFORE_HEADS : keylist.numberOf(keys, head);

/** Check that heads never go back along one sequence. A refused entry does not count for later ones. */
function headOrder(sequence: Sequence, { keys, snapshot, floor }: VerifiedGroup): (entry: Entry) => void {
  let highest = BEFORE_HEADS;
  return (entry) => {
    if (!entry.author) return;
    const at = positionOf(keys, entry.head);
    if (at < highest) throw new BehindError("binding", "an entry whose head is older than an earlier entry's");
    if (snapshot && at < snapshot.number && entry.day > snapshot.day) {
      throw new BehindError("binding", "an entry dated after a snapshot, with a head older than the snapshot's");
    }
    if (floor && at < floor.head && entry.position.number > floor.numbers[sequence]) {
      throw new BehindError("binding", "an entry received after a snapshot, with a head older than the snapshot's");
    }
    highest = at;
  };
}

/** Check the head of one entry by itself, as far as that is possible without the earlier ones. */
export const checkHead = (entry: Entry, group: VerifiedGroup): void => headOrder(entry.position.sequence, group)(entry);

/** Open the entries in order, and check that each follows the one before. Throws only for the needed entry. */
export async function openAll(
  sequence: Sequence,
  stored: StoredEntry[],
  { open, group, needed, accept }: Opening,
): Promise<OpenedSequence> {
  const byNumber = new Map<number, Entry>();
  const warnings: CaseWarning[] = [];
  const check = headOrder(sequence, group);
  for (const storedEntry of [...stored].sort((a, b) => a.number - b.number)) {
    if (storedEntry.file === null) continue;
    try {
      if (byNumber.has(storedEntry.number)) throw new CryptoError("binding", "two entries with the same number");
      const opened = await open(storedEntry);
      check(opened);
      accept?.(opened);
      byNumber.set(storedEntry.number, opened);
    } catch (error) {
      if (!(error instanceof CryptoError) || storedEntry.number === needed) throw error;
      warnings.push({
        kind: error instanceof BehindError ? "behind" : "missing",
        reason: error.message,
        sequence,
        number: storedEntry.number,
      });
    }
  }
  const entries = [...byNumber.values()];
  const digests = new Map(stored.map((storedEntry) => [storedEntry.number, storedEntry.digest]));
  for (const number of checkSequence(entries, digests)) {
    warnings.push({
      kind: "missing",
      reason: "something before it is missing or was replaced",
      sequence,
      number,
    });
  }
  return {
    entries,
    last: lastOf(stored),
    hidden: stored.filter((storedEntry) => storedEntry.file === null).length,
    warnings: [...warnings, ...outOfTime(sequence, entries)],
  };
}

/** Signers choose their days, so a wrong order is a warning. Otherwise one day far ahead would hide later entries. */
function outOfTime(sequence: Sequence, entries: Entry[]): CaseWarning[] {
  const warnings: CaseWarning[] = [];
  let latest = "";
  for (const {
    author,
    day,
    position: { number },
  } of entries) {
    if (!author) continue;
    if (latest && daysBetween(day, latest) > DAYS_APART)
      warnings.push({ kind: "dates", reason: "dated before an earlier one", sequence, number });
    if (day > latest) latest = day;
  }
  return warnings;
}
