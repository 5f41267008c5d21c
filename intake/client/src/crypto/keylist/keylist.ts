/** The key list: the group's members and rules, signed by its members. docs/reference/format.md, Key list. */
export { type Body, bodyOf, foundGroup, hash, sign, type SignedEntry, signedShape } from "./entry.js";
export { missingSignatures, MAX_MEMBERS, MAX_SHARES, MIN_SHARED, signingViolation } from "./rules.js";
export {
  authorOf,
  type Authors,
  head,
  type KeyList,
  keyOf,
  memberOf,
  needed,
  type Pending,
  numberOf,
  type Recovered,
  type Term,
  UNKNOWN_HEAD,
} from "./state.js";
export { checkProposal, enactDay, type Expected, nextBody, verify } from "./verify.js";
