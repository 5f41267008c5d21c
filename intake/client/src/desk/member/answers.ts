/** Shapes of answers of the desk API that several modules read. */
import * as keylist from "../../crypto/keylist/keylist.js";
import { signedDealShape } from "../../crypto/recovery_key.js";
import { day, flag, list, map, maybe, object, type Of, text, whole } from "../../crypto/shape.js";
import * as statement from "../../crypto/statement.js";

export const decidedShape = object({ number: whole, missing_signatures: whole });
export const sessionShape = object({ member: text, keyring: text });
const countsShape = {
  assignment: text,
  on_duty: flag,
  off_duty: list(text),
  inactive: list(text),
  open: map(whole),
  sole_holder: map(whole),
  waiting: whole,
  waiting_by: map(whole),
  departed: object({ by_colleagues: whole, by_recovery: whole, lost: whole }),
  recovery_grants: map(whole),
  storage_percent: whole,
  backup_failed: flag,
  backup_works: flag,
  recovery_key: maybe(object({ id: text, recipient: text })),
  recovery_deals: list(signedDealShape),
};
/** The server's counts for the whole group. They name no case. */
export type Counts = { [Name in keyof typeof countsShape]: Of<(typeof countsShape)[Name]> };
export const groupShape = object({
  ...countsShape,
  statements: list(statement.signedShape),
  invite: maybe(object({ hash: text, used: flag })),
  names: maybe(text),
  names_number: whole,
  candidates: list(object({ signed: statement.signedShape, name: maybe(text) })),
  proposals: list(keylist.signedShape),
  group_log: list(text),
  snapshots: list(statement.signedShape),
  today: day,
});
export const numberShape = object({ number: whole });
