/**
 * The protocol of a case: what each party encrypts and what each accepts. docs/reference/format.md, The case;
 * Python's crypto/case/ does the same.
 *
 * Pure: no page, no network. The form, the return page and the desk all use it, so that each makes the same checks:
 *
 * 1. The host's answer is the case that was asked for, and its grant is addressed to the reader.
 * 2. Keys come from the grant alone. Desk keys come from a signed grant.
 * 3. Entries are opened in the order of their numbers. One that does not open, or does not follow, is left out with a
 * warning.
 * 4. A member's signature counts under the head of the key list that it names. Heads never go back along a sequence.
 * 5. A grant from a former member opens what was written before. Nothing new is encrypted to its keys.
 * 6. The requester accepts the request that their receipt grant names, and later keys from members' signed entries
 * alone.
 * 7. The next entry follows the highest number, and is encrypted to the newest key.
 * 8. The progress that the requester sees comes from entries that active members signed.
 */
export {
  floorOf,
  isInherited,
  type VerifiedHold,
  type NewestKey,
  onBehalfOf,
  type OpenCase,
  openCase,
  openOwn,
  type OwnCase,
  type Reader,
  requestOf,
  type ServedCase,
  type ServedOwnCase,
} from "./open.js";
export { followUpOf } from "./follow_up.js";
export { isLater, type Progress, type Stage, stageOf, type WrittenStage } from "./progress.js";
export {
  keysContent,
  type NewCase,
  type Next,
  type SealedGrant,
  sealGrants,
  sealNew,
  sealNext,
  sealOwnNext,
  type Seat,
  withDeskKey,
  withNewKeys,
} from "./seal.js";
export type { CaseWarning, Floor, VerifiedGroup, Last, SnapshotPoint, StoredEntry } from "./sequence.js";
