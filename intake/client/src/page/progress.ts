/** The progress of a request in words, for the requester. The desk shows the same words. */
import { type Progress } from "../crypto/case/case.js";
import { formatDay, t } from "./i18n.js";

export function progressWords({ stage, day }: Progress): string {
  switch (stage) {
    case "waiting":
      return t("Your request is waiting to be read.");
    case "read":
      return t("The group read your request on %(day)s.", { day: formatDay(day) });
    case "in-progress":
      return t("The group started to work on your request on %(day)s.", { day: formatDay(day) });
    case "answered":
      return t("The group answered your request on %(day)s.", { day: formatDay(day) });
    case "closed":
      return t("The group closed your request on %(day)s.", { day: formatDay(day) });
  }
}
