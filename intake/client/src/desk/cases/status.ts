/** The labels of the statuses. */
import type { StatusName } from "../../crypto/entry.js";
import { t } from "../../page/i18n.js";

export function statusLabel(status: StatusName): string {
  switch (status) {
    case "new":
      return t("New");
    case "call-back":
      return t("Call back");
    case "in-progress":
      return t("In progress");
    case "ongoing":
      return t("Ongoing");
    case "done":
      return t("Done");
    case "sent-elsewhere":
      return t("Sent elsewhere");
    case "cannot-help":
      return t("Cannot help");
    case "duplicate":
      return t("Duplicate");
  }
}
