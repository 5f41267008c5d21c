/** Error messages for every page: what happened, and what to do now. */
import { CryptoError } from "../crypto/errors.js";
import { Problem } from "../net/api.js";
import { formatDay, t } from "./i18n.js";

/** Return the message for an error. */
export function errorMessage(error: unknown): string {
  if (error instanceof CryptoError) return cryptoErrorMessage(error);
  switch (error instanceof Problem ? error.kind : "") {
    case "offline":
      return t("There was no answer. Check the connection and try again.");
    case "unavailable":
    case "failed":
    case "crowded":
    case "work":
      return t("The computer cannot do this now. Nothing was changed. Try again in a few minutes.");
    case "full": {
      const { phone } = error as Problem;
      return phone
        ? t("No more requests can be taken here today. Nothing was sent. Please call the group: %(phone)s", {
            phone: `\u2066${phone}\u2069`,
          })
        : t(
            "No more requests can be taken here today. Nothing was sent. Please try again tomorrow, or reach the group another way.",
          );
    }
    case "clock":
      return t(
        "The clock of the group's computer is wrong, so it takes nothing now. Nothing was sent or changed. Try again later, or tell whoever runs it.",
      );
    case "day-limit":
      return t("This is as much as can be taken in one day. Nothing was sent. Please try again tomorrow.");
    case "slow":
      return t("The connection was too slow. Try again.");
    case "not-open":
      return t("Nobody can read requests here yet. Please come back later.");
    case "no-recent-sign-in":
      return t(
        "No request can be taken now: nobody of the group has signed in for some time. Nothing was sent. Please reach the group another way.",
      );
    case "not-found":
      return t("There is nothing here under this. It may have been withdrawn or deleted.");
    case "gone":
      return t("It was deleted on its day: %(day)s. Nobody can read it any more.", {
        day: formatDay((error as Problem).day),
      });
    case "sign-in":
      return t("Please sign in again.");
    case "waiting":
      return t("Your keys are made, but no colleague has let you in yet, or it has not taken effect.");
    case "invite":
      return t("This link was used, has run out, or never was. Ask for a new one.");
    case "busy":
      return t("Another window of yours is doing this. Go on there, or wait until it is done.");
    case "stale":
      return t("Something changed meanwhile. Try again.");
    case "too-large":
      return t("That is more than fits. Please shorten it.");
    case "old-keys":
      return t(
        "The computer gave out older keys of yours than the group knows. Nothing was opened or sent. Ask whoever runs it what was restored.",
      );
    case "taken":
      return t("This is taken. Choose another.");
    default:
      return t("Something went wrong. Nothing was sent.");
  }
}

function cryptoErrorMessage(error: CryptoError): string {
  switch (error.layer) {
    case "key list":
      return t(
        "The group's keys are not the ones that this link names, or were changed. Nothing was sent. Ask the group before you go on.",
      );
    case "snapshot":
    case "statement":
      return t("The helpers' keys are out of date, or this device's date is wrong. Nothing was sent.");
    case "size":
      return t("That is more than fits. Please shorten it.");
    case "digits":
      return t(
        "These are not the right digits: one is wrong or missing. Please compare them with what you wrote down.",
      );
    case "handle":
      return t("A handle has 2 to 32 letters, digits, dots, dashes or underscores.");
    default:
      return t("What the computer sent cannot be trusted or opened. Nothing was sent.");
  }
}
