/** Error messages for coordinators, on top of those that every page has. */
import { type Clocks, ClocksError } from "../net/clocks.js";
import { CryptoError } from "../crypto/errors.js";
import * as keylist from "../crypto/keylist/keylist.js";
import { caseErrorMessage } from "../page/case_error_messages.js";
import { Problem } from "../net/api.js";
import { formatDay, t, tn } from "../page/i18n.js";

export function errorMessage(error: unknown): string {
  if (error instanceof ClocksError) return clocksDiffer(error.clocks);
  switch (error instanceof Problem ? error.kind : "") {
    case "recovery-threshold":
      return t(
        "The recovery key must need at least as many members as must agree. Make a new one that needs more, then try again.",
      );
    case "group-full":
      return groupFull();
    case "sign-in":
      return t("Please sign in again.");
    case "waiting":
      return t("Your keys are made, but no colleague has approved you yet, or the approval has not taken effect.");
    case "invite":
      return t("This link was used, has run out, or never was. Ask for a new one.");
    case "busy":
      return t("Another window of yours is doing this. Go on there, or wait until it is done.");
    case "second-factor":
      return t("You need your passkey as well. Please sign in again and use your passkey.");
    case "missing":
      return t("Some requests are not locked with your new keys yet. Nothing was changed. Please try again.");
    case "old-keys":
      return t(
        "Our computer sent an old copy of your keys. Nothing was opened or sent. Tell the person who runs it: they may have restored an old backup.",
      );
    case "not-loaded":
      return t(
        "This part of the desk could not be loaded. Nothing was changed. Check your connection and try again, or sign out and load the page again.",
      );
    case "taken":
      return t("This is taken. Choose another.");
    default:
      return isHandle(error)
        ? t("A handle has 2 to 32 letters, digits, dots, dashes or underscores.")
        : caseErrorMessage(error);
  }
}

const isHandle = (error: unknown): boolean => error instanceof CryptoError && error.layer === "handle";

/** Return the message that the group is full. */
export const groupFull = (): string =>
  tn(
    "This group has %(num)s member, as many as it can have. Somebody must leave before anybody else can join.",
    "This group has %(num)s members, as many as it can have. Somebody must leave before anybody else can join.",
    keylist.MAX_MEMBERS,
  );

/** Return the message that the clocks differ: what each shows, and what to do. */
export const clocksDiffer = ({ own, server }: Clocks): string =>
  t(
    "This device's clock says %(own)s, the clock of the group's computer says %(server)s. Nothing was signed or renewed. Set the clock that is wrong, then sign in again.",
    { own: formatDay(own), server: formatDay(server) },
  );
