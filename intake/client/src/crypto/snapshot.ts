/**
 * Snapshots record what a member saw when they signed in. They limit how old a state a server can show.
 * docs/reference/format.md, Snapshot.
 *
 * They have the role of snapshot and timestamp in TUF. `read` checks the signer and the list. `verify` also checks
 * the reader's clock and the version seen before.
 */
import { addDays, b64, type Bytes, daysBetween, netstrings, unb64, utf8 } from "./encoding.js";
import { CryptoError, within } from "./errors.js";
import type { KeyList } from "./keylist/state.js";
import { Label } from "./labels.js";
import type { Reason } from "./reasons.js";
import { day, map, object, type Of, parse, text, whole, withOptional } from "./shape.js";
import { digest, labelledHash, type Signed, signJson, verify as verifyText } from "./signing.js";

const CLOCK_DAYS = 1; // by which two correct clocks may differ
const HASH = 32; // bytes

const bodyShape = withOptional(
  object({
    format: text,
    group: text,
    member: text,
    version: whole,
    day,
    number: whole,
    head: text,
    statements: map(text),
    names: whole,
    cases: text,
  }),
  "names_digest",
  text,
);
export type Body = Of<typeof bodyShape>;

/** A verified snapshot. */
export interface Snapshot extends Omit<Body, "format" | "group"> {
  signed: Signed;
}

export function sign(body: Omit<Body, "format">, seed: Uint8Array): Signed {
  return signJson(seed, Label.SNAPSHOT, { format: Label.SNAPSHOT, ...body });
}

/** Return the hash by which an `enact` entry names a snapshot. */
export const hashOf = (signed: Signed): string => b64(labelledHash(Label.SNAPSHOT, utf8(signed.body)));

/** Hash the sorted ids as netstrings. The digest does not reveal which cases a member holds. */
export const digestOf = (cases: string[]): string =>
  digest(netstrings(...[...cases].sort().map((id): Bytes => utf8(id))));

/** Return whether the snapshot names this statement for `member`. */
export const namesStatement = (snapshot: Snapshot, member: string, statement: Signed): boolean =>
  snapshot.statements[member] === b64(labelledHash(Label.STATEMENT, utf8(statement.body)));

/** Return the unverified version of a snapshot, or nothing if it cannot be read. */
export function versionOf(signed: Signed): number[] {
  try {
    return [parsed(signed).version];
  } catch {
    return [];
  }
}

/** Read a snapshot by an active member that names a head of this list. Does not check its age. */
export function read(signed: Signed, keys: KeyList): Snapshot {
  const body = within("snapshot", () => parsed(signed));
  if (body.format !== Label.SNAPSHOT || body.group !== keys.group) refuse("a snapshot of another format or group");
  const key = keys.members.get(body.member);
  if (!key) return refuse("a snapshot by someone who is not a member");
  within("snapshot", () => verifyText(key, Label.SNAPSHOT, utf8(signed.body), signed.signature));
  if (keys.hashes[body.number] !== body.head) refuse("a snapshot of another key list or of a longer one");
  const { format: _format, group: _group, ...content } = body;
  return { signed, ...content };
}

/**
 * Verify that a reader may rely on a snapshot on the day `on` of its own clock. `seen` is the highest version seen
 * before. Throws a `CryptoError` of the layer "stale snapshot" if a member must sign in first.
 */
export function verify(signed: Signed, keys: KeyList, on: string, seen = 0): Snapshot {
  const snapshot = read(signed, keys);
  if (snapshot.version < seen) throw new CryptoError("stale snapshot", "a snapshot older than one seen before");
  if (snapshot.day > addDays(on, CLOCK_DAYS)) refuse("a snapshot from the future");
  if (daysBetween(snapshot.day, on) > keys.freshnessDays)
    throw new CryptoError("stale snapshot", "a snapshot that is too old");
  return snapshot;
}

function parsed(signed: Signed): Body {
  const body = parse(bodyShape, signed.body);
  for (const hash of [
    body.head,
    body.cases,
    ...(body.names_digest === undefined ? [] : [body.names_digest]),
    ...Object.values(body.statements),
  ])
    unb64(hash, HASH);
  return body;
}

function refuse(reason: Reason): never {
  throw new CryptoError("snapshot", reason);
}
