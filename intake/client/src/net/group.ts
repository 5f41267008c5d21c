/** The group as the server shows it: the verified key list and the newest snapshot. */
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
  /** The newest snapshot; null if there is none that is recent enough, and a member has to sign in first. */
  snapshot: Snapshot | null;
  /** The server's day: for what the server dates. */
  today: string;
  /** The day for what is refused and shown. */
  on: string;
  clocks: Clocks;
}

/**
 * The verified key list; null while nobody has enrolled. Checks a fingerprint where the address has one, and refuses a snapshot older than
 * the version seen.
 */
export async function fetchGroup(
  expected: keylist.Expected & { version?: number } = {},
  patience: Patience = {},
): Promise<Group | null> {
  const told = await askAgain("GET", "/api/form/keylist", keylistShape, undefined, patience);
  if (told.entries.length === 0) return null;
  const clocks = { own: ownToday(), server: told.today };
  const keys = keylist.verify(told.entries, clocks.own, expected);
  return {
    keys,
    snapshot: told.snapshot && recent(told.snapshot, keys, clocks.own, expected.version ?? 0),
    today: told.today,
    on: readingDay(clocks),
    clocks,
  };
}

/** The snapshot if it is recent enough. Throws `CryptoError` for one that does not verify or is of another list. */
function recent(signed: Signed, keys: keylist.KeyList, on: string, seen: number): Snapshot | null {
  try {
    return verifySnapshot(signed, keys, on, seen);
  } catch (error) {
    if (error instanceof CryptoError && error.layer === "stale snapshot") return null;
    throw error;
  }
}

/** The snapshot that seals for requesters are checked against. Throws a `Problem` where a member has to sign in first. */
export function snapshotOf({ snapshot }: Group): Snapshot {
  if (!snapshot) throw new Problem("no-recent-sign-in");
  return snapshot;
}

let linked: keylist.Expected | null = null;

/**
 * What the page's own link names: the group's fingerprint after `#`, if there is one. The first call reads the address and later calls
 * repeat it, because a link to `#main` replaces the fragment.
 */
export function linkedGroup(): keylist.Expected {
  linked ??= readFragment(location.hash);
  return linked;
}

function readFragment(fragment: string): keylist.Expected {
  const digits = fragment.slice(1).replace(/[\s-]|%20/g, "");
  return /^\d{40}$/.test(digits) ? { fingerprint: digits } : {};
}
