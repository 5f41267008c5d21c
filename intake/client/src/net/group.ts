/** The group, verified: its key list and its newest snapshot. */
import { today as ownToday } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import * as keylist from "../crypto/keylist/keylist.js";
import { day as dayShape, list, maybe, object, whole } from "../crypto/shape.js";
import { type Signed, signedShape } from "../crypto/signing.js";
import { type Snapshot, verify as verifySnapshot } from "../crypto/snapshot.js";
import { type Patience, Problem, askAgain } from "./api.js";
import { type Clocks, readingDay } from "./clocks.js";

const keylistShape = object({
  entries: list(keylist.signedShape),
  snapshot: maybe(signedShape),
  today: dayShape,
  maximum_days: whole,
});

export interface Group {
  keys: keylist.KeyList;
  /** The newest snapshot, or null if no snapshot is recent enough. A member must then sign in first. */
  snapshot: Snapshot | null;
  /** The server's day, for what the server dates. */
  today: string;
  /** The day for refusals and for display. */
  on: string;
  clocks: Clocks;
}

/**
 * Fetch and verify the group. Returns null while it has no member. Throws for another fingerprint than expected. A
 * snapshot older than the expected version counts as none.
 */
export async function fetchGroup(
  expected: keylist.Expected & { version?: number } = {},
  patience: Patience = {},
): Promise<Group | null> {
  const response = await askAgain("GET", "/api/form/keylist", keylistShape, undefined, patience);
  if (response.entries.length === 0) return null;
  const clocks = { own: ownToday(), server: response.today };
  const keys = keylist.verify(response.entries, clocks.own, expected);
  return {
    keys,
    snapshot: response.snapshot && recent(response.snapshot, keys, clocks.own, expected.version ?? 0),
    today: response.today,
    on: readingDay(clocks),
    clocks,
  };
}

/** Return the snapshot, or null if it is too old. Throws `CryptoError` if it does not verify or is of another list. */
function recent(signed: Signed, keys: keylist.KeyList, on: string, seen: number): Snapshot | null {
  try {
    return verifySnapshot(signed, keys, on, seen);
  } catch (error) {
    if (error instanceof CryptoError && error.layer === "stale snapshot") return null;
    throw error;
  }
}

/** Return the snapshot that requesters' clients rely on. Throws a `Problem` if a member has to sign in first. */
export function snapshotOf({ snapshot }: Group): Snapshot {
  if (!snapshot) throw new Problem("no-recent-sign-in");
  return snapshot;
}
