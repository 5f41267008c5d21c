/** Expiry days as people read and choose them: the date in their own time zone and, when it is near, the hour. */
import { daysBetween } from "../crypto/encoding.js";
import { formatDay, t } from "./i18n.js";

const NEAR = 2 * 86_400_000; // ms before the expiry from which the hour is shown

/** Return the local date on which a case of this expiry day expires. Midnight UTC is a different hour in each time zone. */
export const localDate = (day: string): string => dateOf(momentOf(day));

/**
 * Return the expiry day for a local date that a person chose: the last midnight UTC before that date ends, and at most
 * `latest`. Only a date that a change of clocks skips has none. The case then expires on the date before.
 */
export function expiryOn(date: string, latest: string): string {
  const [y, month, d] = date.split("-").map(Number);
  const end = new Date(y!, month! - 1, d! + 1);
  const day = new Date(end.getTime() - 1).toISOString().slice(0, 10);
  return day < latest ? day : latest;
}

/**
 * Format when a case expires: the local date, and the hour if fewer than two days remain. With `lasting` it says
 * neither "today" nor "tomorrow", because what is printed or copied is read later.
 */
export function formatExpiry(expires: string, { lasting = false } = {}): string {
  const moment = momentOf(expires);
  const date = dateOf(moment);
  const left = moment.getTime() - Date.now();
  const day = formatDay(date);
  if (left < 0 || left >= NEAR) return day;
  const time = `${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
  const away = daysBetween(dateOf(new Date(Date.now())), date);
  if (away === 0 && !lasting) return t("%(day)s (today at %(time)s)", { day, time });
  if (away === 1 && !lasting) return t("%(day)s (tomorrow at %(time)s)", { day, time });
  return t("%(day)s (at %(time)s)", { day, time });
}

/** Return today's date at this device's place. */
export const localToday = (): string => dateOf(new Date());

const momentOf = (day: string): Date => new Date(`${day}T00:00:00Z`);
const twoDigits = (number: number): string => String(number).padStart(2, "0");
const dateOf = (moment: Date): string =>
  `${String(moment.getFullYear()).padStart(4, "0")}-${twoDigits(moment.getMonth() + 1)}-${twoDigits(moment.getDate())}`;
