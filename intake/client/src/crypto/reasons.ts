/**
 * Every reason for which this client and Python's `crypto` refuse input. `crypto/reasons.py` has the same list in the
 * same order.
 *
 * Each reason belongs to one rule. A vector names it, so that the vector fails if the rule is deleted.
 */
export const REASONS = [
  // Encodings
  "not base64url",
  "not base64url of the right length",
  "not the JSON of this shape",
  "not a day",
  "a parcel without a line of JSON",
  "a parcel that is cut off",
  "a parcel with bytes after its last file",
  "not a key of this kind",
  "a recipient whose ML-KEM part is not reduced",
  "a recipient whose X25519 part is not canonical",
  "a recipient whose X25519 part has a small order",
  // Age files
  "a file over the ceiling",
  "not an age v1 file",
  "an unfinished or oversized header",
  "a malformed stanza",
  "a stanza line that is too long",
  "not canonical base64",
  "a MAC of the wrong length, or no stanza",
  "a malformed hybrid stanza",
  "a hybrid stanza with a share of the wrong length",
  "a stanza with an invalid share",
  "none of the identities opens this file",
  "the header's MAC does not verify",
  "a file that ends before its payload",
  "a payload that ends within a chunk",
  "a chunk that does not verify",
  "an empty last chunk",
  // Sheets
  "content that exceeds the largest size",
  "a sheet of another size",
  "not a sheet of three lines",
  "a sheet with a malformed closing line",
  "a missing signature",
  "an unexpected signature",
  "a missing MAC",
  "an unexpected MAC",
  "a MAC that does not verify",
  // Signatures
  "a key that is not canonical",
  "a key that is not on the curve",
  "a key of small order",
  "a signature whose R is not canonical",
  "a signature whose R has a small order",
  "a signature whose S is not reduced",
  "a signature that does not verify",
  "a signature by someone who was never a member",
  // Cases
  "an entry that belongs elsewhere",
  "an entry of a kind that does not belong there",
  "an entry under a key that is not the case's",
  "a request that a member claims to have written",
  "a desk entry without an author",
  "a follow-up whose text is too long",
  "a follow-up on or after the day of deletion",
  "a grant of another case, member or epoch",
  "a grant without a case key",
  "a grant with keys that its author cannot give",
  "a receipt grant of another case",
  "a hold of another case",
  "an on-behalf signature of another case",
  "a hold without a signature",
  "a hold without its reason",
  "another case than the requested one",
  "a case without its request",
  "another request than the receipt's",
  "two entries with the same number",
  "a key number that is taken",
  "a grant to someone else",
  "a head without a member's signature",
  "a head that is not in the key list",
  "a signature by someone who was not an active member then",
  "an entry whose head is older than an earlier entry's",
  "an entry dated after a snapshot, with a head older than the snapshot's",
  "an entry received after a snapshot, with a head older than the snapshot's",
  "a hold with a head older than its reason's",
  // The key list
  "an empty key list",
  "a key list with too many entries",
  "the key list of another group",
  "a key list with another fingerprint",
  "a key list from the future",
  "a key list that omits or replaces an entry seen before",
  "an entry that is not in the canonical form",
  "an entry of another format",
  "a first entry that does not found a group",
  "a first entry signed by someone else",
  "an entry of another group",
  "an entry with another number",
  "an entry that does not continue the one before it",
  "an entry dated before the one before it",
  "an entry without a signature",
  "an entry signed by someone who is not a member",
  "an entry with too few signatures",
  "an entry while another is still pending",
  "an answer to an entry that is not pending",
  "an answer by a signer of the pending entry",
  "evidence in an entry that is not an enact",
  "an enact without a pending entry",
  "an enact without evidence",
  "an enact that names other evidence",
  "an enact with a snapshot older than the pending entry",
  "an enact before the end of the waiting time",
  "an entry with a field that its kind does not have",
  "an enrolment without a member or a key",
  "an enrolment of a current or former member",
  "an enrolment with the key of a current or former member",
  "an enrolment beyond the largest number of members",
  "a removal of someone who is not a member",
  "a removal of the last member",
  "a quorum out of range",
  "a retention key that is missing",
  "an epoch out of range",
  "a freshness out of range",
  "a recovery key with an impossible threshold",
  "a recovery key whose tester is not a member",
  "a recovery key without a tester",
  "a recovery key with a threshold below the quorum",
  "a quorum above the recovery key's threshold",
  "a recovery without a recovery key",
  "a recovery for someone who is not a member",
  "a recovery of someone who was never a member",
  // Snapshots
  "a snapshot of another format or group",
  "a snapshot by someone who is not a member",
  "a snapshot of another key list or of a longer one",
  "a snapshot older than one seen before",
  "a snapshot from the future",
  "a snapshot that is too old",
  // Statements and candidates
  "a statement by someone who is not a member",
  "a statement of another format or group",
  "a statement outside its days",
  "a statement that is too long",
  "a statement with too many or too long tags",
  "a statement for another key list",
  "a statement that the snapshot does not name",
  "a candidate of another format or group",
  // Members
  "the names of another group",
  "names older than the newest snapshot's",
  "other names than the newest snapshot's",
  "names newer than a snapshot, with a head older than the snapshot's",
  "names newer than a snapshot, by a former member",
  "the words of another group",
  "words with a number above that of their file",
  "a keyring of someone else",
  "a draft of another case or member",
  "too few shares, or the same one twice",
  "too few shares, or one of another deal",
  "a share for someone else, or of another deal",
  "a deal of another group or key",
  "a deal that gives a share twice",
  "a deal without a signature",
  "another share than the deal commits to",
  "too few shares to test the key",
  "a code with too few or too many digits",
  "a code with a mistyped digit",
  "a handle has 2 to 32 letters, digits, dots, dashes or underscores",
] as const;
export type Reason = (typeof REASONS)[number];

/** Further reasons of the pages. */
export type LocalReason =
  | "the reason was not kept"
  | "a hold by a former member"
  | "another decision than the requested one"
  | "nobody else can take it"
  | "a colleague without a valid key"
  | "a key list that the server no longer has"
  | "a link that names a group, on a server that has none"
  | "a grant to an epoch key that was deleted"
  | "another statement than the rotation's"
  | "another recovery key than the group's"
  | "an older keyring than this window has seen"
  | "a worker that stopped"
  | "no passkey was made"
  | "an authenticator without PRF"
  | "no share of the current recovery key"
  | "no share of this recovery key"
  | "a recovery key without shares for all members, or tested by its maker"
  | "a recovery key without a signed deal"
  | "more unreadable grants than one page holds"
  | "an entry without a case"
  | "a seat whose statement has other tags"
  | "an offer with too few seats";
