/** Error messages of every page: what happened, and what to do now. The form loads no others, so that its page is small. */
import { CryptoError } from "../crypto/errors.js";
import { Problem } from "../net/api.js";
import { t } from "./i18n.js";

/** Return the message for an error. */
export function errorMessage(error: unknown): string {
  if (error instanceof CryptoError) return cryptoErrorMessage(error);
  switch (error instanceof Problem ? error.kind : "") {
    case "offline":
      return t("Our computer did not answer. Check your connection and try again.");
    case "unavailable":
    case "failed":
    case "crowded":
    case "work":
      return t("Our computer cannot do this right now. Nothing was changed. Please try again in a few minutes.");
    case "full": {
      const { phone } = error as Problem;
      return phone
        ? t("We cannot take more requests today. Nothing was sent. Please call the group: %(phone)s", {
            phone: `\u2066${phone}\u2069`,
          })
        : t(
            "We cannot take more requests today. Nothing was sent. Please try again tomorrow, or reach the group another way.",
          );
    }
    case "clock":
      return t(
        "The clock of our computer is wrong, so it cannot take anything now. Nothing was sent or changed. Please try again later, or tell the group.",
      );
    case "broken-link":
      return brokenLink();
    case "day-limit":
      return t("This is the most that we can take in one day. Nothing was sent. Please try again tomorrow.");
    case "slow":
      return t("The connection was too slow. Try again.");
    case "not-open":
      return t("We are not taking requests yet. Please try again later.");
    case "no-recent-sign-in":
      return t(
        "We cannot take requests right now, because nobody in the group has signed in for some time. Nothing was sent. Please reach the group another way.",
      );
    case "invalid":
    case "about:blank":
      return t(
        "Our computer did not accept what this page sent. Nothing was changed. The page may be too old: please load it again.",
      );
    case "foreign-origin":
    case "misdirected":
      return t(
        "Our computer does not accept anything from this address. Nothing was sent. Please open the group's own link again.",
      );
    case "stale":
    case "taken":
      return t("Something has changed in the meantime. Please try again.");
    case "too-large":
      return t("This is too long. Please shorten your text.");
    default:
      return t("Something went wrong. Nothing was sent.");
  }
}

/** Name the group and what to do instead. The page contains both, because it asks the server nothing for such a link. */
function brokenLink(): string {
  const { group = "", phone } = document.querySelector("main")!.dataset;
  const message = t(
    "This link to %(group)s is not complete. It must end in 40 digits. Your browser needs them to check who can read your request. Nothing was sent. Ask the group for the link again, or scan the code on the poster again.",
    { group: `\u2068${group}\u2069` },
  );
  return phone ? `${message} ${t("Or call the group: %(phone)s", { phone: `\u2066${phone}\u2069` })}` : message;
}

function cryptoErrorMessage(error: CryptoError): string {
  switch (error.layer) {
    case "key list":
      return t(
        "The group's keys do not match this link, or were changed. Nothing was sent. Please ask the group before you continue.",
      );
    case "snapshot":
    case "statement":
      return t("The helpers' keys are out of date, or the date on this device is wrong. Nothing was sent.");
    case "size":
      return t("This is too long. Please shorten your text.");
    default:
      return t("What our computer sent cannot be trusted or opened. Nothing was sent.");
  }
}
