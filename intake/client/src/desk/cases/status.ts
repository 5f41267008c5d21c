/** What the statuses are called: the group's own name, or else the usual one. */
import type { StatusName } from "../../crypto/entry.js";
import { t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";
import type { Words } from "../member/words.js";

export const statusLabel = (status: StatusName, { statuses }: Words): string =>
  escapeText(statuses[status] ?? "") || usualLabel(status);

export function usualLabel(status: StatusName): string {
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
