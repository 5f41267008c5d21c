/** When a follow-up is due, in words. */
import { daysBetween } from "../../crypto/encoding.js";
import { formatDay, pageLanguage, t, tn } from "../../page/i18n.js";

export const WEEK = 7; // days in which a weekday names one day only

/** Say when a follow-up is due. Within a week its day is named by the weekday, if the browser knows the language. */
export function dueWords(day: string, today: string): string {
  const left = daysBetween(today, day);
  if (left < 0) return tn("%(num)s day late", "%(num)s days late", -left);
  if (left === 0) return t("Due today");
  if (left === 1) return t("Tomorrow");
  const language = pageLanguage();
  if (left >= WEEK || !Intl.DateTimeFormat.supportedLocalesOf(language).length) return formatDay(day);
  return new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" }).format(Date.parse(day));
}
