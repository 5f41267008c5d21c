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
  "more than the largest size holds",
  "a sheet of a size that is not allowed",
  "not a sheet of three lines",
  "a sheet with a malformed closing line",
  "a signature that is missing",
  "a signature where none is due",
  "a MAC that is missing",
  "a MAC where none is due",
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
  "a grant that is addressed otherwise",
  "a grant without a case key",
  "a grant with keys that its author cannot give",
  "a receipt grant of another case",
  "a hold of another case",
  "a hold that nobody signed",
  "a hold without its reason",
  "another case than was asked for",
  "a case without its request",
  "another request than the receipt's",
  "a second entry of one number",
  "a key number that is taken",
  "a grant to someone else",
  "a head where no member signs",
  "a head that is not in the key list",
  "a signature by someone who was not an active member then",
  "an entry whose head stands before an earlier one's",
  "an entry of after a snapshot under a head of before it",
  "an entry that came after a snapshot was seen, under a head of before it",
  "a hold under a head of before its reason",
  // The key list
  "an empty key list",
  "a key list of too many entries",
  "the key list of another group",
  "a key list under another fingerprint",
  "a key list from the future",
  "a key list that forgets or replaces what was seen before",
  "an entry that is not written as it must be",
  "an entry of another format",
  "a first entry that does not found a group",
  "a first entry signed by someone else",
  "an entry of another group",
  "an entry of another number",
  "an entry that does not continue the one before it",
  "an entry dated before the one before it",
  "an entry without a signature",
  "an entry signed by someone who is not a member",
  "an entry with too few signatures",
  "an entry while another is still pending",
  "an answer to something that is not pending",
  "an answer by a signer of what is pending",
  "an entry with evidence that its kind does not have",
  "an enact of nothing that is pending",
  "an enact without evidence",
  "an enact that names other evidence",
  "an enact by a snapshot from before the entry",
  "an enact whose time has not come",
  "an entry with what its kind does not have",
  "an enrolment without a member or a key",
  "an enrolment of someone who is or was a member",
  "an enrolment with a key that somebody has or had",
  "an enrolment beyond the most members that a group has",
  "a removal of someone who is not a member",
  "a removal of the last member",
  "a quorum out of range",
  "a retention key that is missing",
  "an epoch out of range",
  "a freshness out of range",
  "a recovery key that cannot be split so",
  "a recovery key that is tried by someone who is not a member",
  "a recovery key that nobody tries before it counts",
  "a recovery key that fewer open than must agree",
  "a quorum above what opens the recovery key",
  "a recovery without a recovery key",
  "a recovery for someone who is not a member",
  "a recovery of someone who never was a member",
  // Snapshots
  "a snapshot of another format or group",
  "a snapshot by someone who is not a member",
  "a snapshot of another key list, or of one that goes on",
  "a snapshot older than one seen before",
  "a snapshot from the future",
  "a snapshot that is too old",
  // Statements and candidates
  "a statement by someone who is not a member",
  "a statement of another format or group",
  "a statement outside its days",
  "a statement that is too long",
  "a statement with too many or too long tags",
  "a statement on a key list that is not this one",
  "a statement that the snapshot does not name",
  "a candidate of another format or group",
  // Members
  "the names of another group",
  "names older than the newest snapshot's",
  "other names than the newest snapshot's",
  "names of after a snapshot under a head of before it",
  "names of after a snapshot by someone who has left",
  "a keyring of someone else",
  "too few shares, or the same one twice",
  "too few shares, or one of another deal",
  "a share for someone else, or of another deal",
  "a deal of another group or key",
  "a deal that gives a share twice",
  "a deal that nobody signed",
  "a share that is not the one that was dealt",
  "too few shares to try the key",
  "it has too few or too many digits",
  "a digit is mistyped",
  "a handle has 2 to 32 letters, digits, dots, dashes or underscores",
] as const;
export type Reason = (typeof REASONS)[number];

/** Further reasons of the pages. */
export type LocalReason =
  | "the reason was not kept"
  | "a hold by someone who has left"
  | "another decision than was asked for"
  | "nobody else can take it"
  | "a colleague without a valid key"
  | "a key list that is gone"
  | "no group where the link names one"
  | "sealed to an epoch key that is gone"
  | "another statement than the rotation's"
  | "another recovery key than the group's"
  | "an older keyring than this window has seen"
  | "a worker that stopped"
  | "no passkey was made"
  | "an authenticator without PRF"
  | "no share of the present recovery key"
  | "no share of this recovery key"
  | "a recovery key that was not dealt to all members, or is tried by who made it"
  | "a recovery key of which nobody says what was dealt"
  | "more grants that do not open than one page shows"
  | "an entry that shows no case"
  | "a seat that says other than its tags"
  | "an offer with too few seats";
