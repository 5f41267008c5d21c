/** Error messages of the pages that open cases, on top of those that every page has. */
import { CryptoError } from "../crypto/errors.js";
import { Problem } from "../net/api.js";
import { errorMessage } from "./error_messages.js";
import { formatExpiry } from "./expiry.js";
import { t } from "./i18n.js";

/** Return the message for an error. */
export function caseErrorMessage(error: unknown): string {
  if (error instanceof CryptoError && error.layer === "digits")
    return t("These digits are not right: one is wrong or missing. Please compare them with what you wrote down.");
  switch (error instanceof Problem ? error.kind : "") {
    case "not-found":
      return t("We found nothing here. The request may have been deleted.");
    case "gone":
      return t("This request was deleted on the planned date, %(day)s. Nobody can read it any more.", {
        day: formatExpiry((error as Problem).day),
      });
    case "case-full":
      return t("This request holds as many messages as it can. Nothing was sent. Please send a new request.");
    default:
      return errorMessage(error);
  }
}
