/** Which entries may follow in the key list, and how many signatures each needs. docs/reference/format.md, Key list. */
import { MAX_RECIPIENTS } from "../age/age.js";
import { has } from "../encoding.js";
import { within } from "../errors.js";
import { type Reason } from "../reasons.js";
import { checkKey } from "../signing.js";
import { type Body } from "./entry.js";
import { type KeyList, memberOf, needed } from "./state.js";

export const MAX_QUORUM = 9;
const EPOCH_RANGE = [7, 60] as const; // days
const FRESHNESS_RANGE = [2, 60] as const; // days
export const MIN_SHARED = 3; // members needed before a recovery key can be split
export const MAX_MEMBERS = MAX_RECIPIENTS; // at once; Shamir's scheme over GF(2^8) allows as many shares
export const MAX_SHARES = MAX_QUORUM; // that a recovery key may need

/**
 * Return how many signatures the next entry still needs to take effect at once.
 *
 * A new recovery key needs as many signatures as shares open it, and that of the member who tested it. Opening a
 * recovery key needs as many as its threshold.
 */
export function missingSignatures(keys: KeyList, body: Body, signatures: Record<string, string>): number {
  const signers = Object.keys(signatures).length;
  if (body.kind === "recover" && keys.recovery)
    return Math.max(0, Math.max(needed(keys), keys.recovery.threshold) - signers);
  if (body.kind === "recovery" && body.member) {
    return Math.max(Math.max(needed(keys), body.value) - signers, has(signatures, body.member) ? 0 : 1);
  }
  return Math.max(0, needed(keys) - signers);
}

/** Return why members must not sign an entry that the list would accept. docs/reference/format.md, Recovery key. */
export function signingViolation(keys: KeyList, { kind, member, key, value }: Body): Reason | null {
  const recoveryThreshold = keys.recovery?.threshold ?? Infinity;
  const low: Reason = "a recovery key with a threshold below the quorum";
  switch (kind) {
    case "recovery":
      if (key && !member) return "a recovery key without a tester";
      return key && value < needed(keys) ? low : null;
    case "recover":
      return recoveryThreshold < needed(keys) ? low : null;
    case "quorum":
      return Math.min(value, keys.members.size) > recoveryThreshold
        ? "a quorum above the recovery key's threshold"
        : null;
    default:
      return null;
  }
}

/** The members that each kind of entry uses. The others must be empty or 0. */
const FIELDS: Record<Body["kind"], ("member" | "key" | "value")[]> = {
  found: ["member", "key", "value"],
  enrol: ["member", "key"],
  remove: ["member"],
  stop: ["key"],
  agree: ["key"],
  enact: ["key"],
  quorum: ["value"],
  retention: ["key"],
  epoch: ["value"],
  freshness: ["value"],
  recovery: ["member", "key", "value"],
  recover: ["member", "key"],
};

/** Return why an entry is invalid even if every member signed it. */
export function ruleViolation(keys: KeyList, body: Body): Reason | null {
  const { kind, member, key, value } = body;
  if ((["member", "key", "value"] as const).some((name) => body[name] && !FIELDS[kind].includes(name))) {
    return "an entry with a field that its kind does not have";
  }
  switch (kind) {
    case "found":
      return "a first entry that does not found a group";
    case "enrol":
      if (!member || !key) return "an enrolment without a member or a key";
      if (keys.allMembers.has(member)) return "an enrolment of a current or former member";
      if (keys.members.size >= MAX_MEMBERS) return "an enrolment beyond the largest number of members";
      if (memberOf(keys, key) !== undefined) return "an enrolment with the key of a current or former member";
      break;
    case "remove":
      if (!keys.members.has(member)) return "a removal of someone who is not a member";
      return keys.members.size > 1 ? null : "a removal of the last member";
    case "quorum":
      return value >= 1 && value <= MAX_QUORUM ? null : "a quorum out of range";
    case "retention":
      if (!key) return "a retention key that is missing";
      break;
    case "epoch":
      return value >= EPOCH_RANGE[0] && value <= EPOCH_RANGE[1] ? null : "an epoch out of range";
    case "freshness":
      return value >= FRESHNESS_RANGE[0] && value <= FRESHNESS_RANGE[1] ? null : "a freshness out of range";
    case "recovery":
      if (key ? !canSplit(keys, value) : value !== 0 || member !== "")
        return "a recovery key with an impossible threshold";
      return member && !keys.members.has(member) ? "a recovery key whose tester is not a member" : null;
    case "recover":
      if (!keys.recovery) return "a recovery without a recovery key";
      if (!keys.members.has(member)) return "a recovery for someone who is not a member";
      return memberOf(keys, key) === undefined ? "a recovery of someone who was never a member" : null;
    default:
      return null;
  }
  // The list only grows, and a key that some readers refuse would close the form for good. So check keys first.
  within("key list", () => checkKey(key));
  return null;
}

const canSplit = (keys: KeyList, threshold: number): boolean =>
  keys.members.size >= MIN_SHARED && threshold >= 2 && threshold <= Math.min(keys.members.size, MAX_QUORUM);
