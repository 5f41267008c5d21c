/** Expiry days: N days are never less than N times 24 hours, and a date is shown and chosen in the person's time zone. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { addDays, daysBetween } from "../../crypto/encoding.js";
import { expiryDay } from "../../crypto/expiry.js";
import { expiryOn, formatExpiry, localDate } from "../../page/expiry.js";

const DAY = 86_400_000;
const MINUTE = 60_000;
const ZONES = [
  "America/Los_Angeles",
  "Asia/Kolkata",
  "Pacific/Auckland",
  "Pacific/Kiritimati",
  "Atlantic/Azores",
  "UTC",
];

// Without a page there is no catalogue: messages are English and days are written as they are.
globalThis.document = { getElementById: () => null, documentElement: { dir: "ltr" } } as unknown as Document;
const ownZone = process.env["TZ"];
const ownNow = Date.now;
afterEach(() => {
  if (ownZone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = ownZone;
  Date.now = ownNow;
});

test("n days are at least n times 24 hours and less than one more, whatever the moment of arrival", () => {
  for (let tried = 0; tried < 20_000; tried++) {
    const arrival = Math.floor(Math.random() * 100 * 365 * DAY);
    const days = Math.floor(Math.random() * 367);
    const day = new Date(arrival).toISOString().slice(0, 10);
    const kept = Date.parse(`${expiryDay(day, days)}T00:00:00Z`) - arrival;
    assert.ok(days * DAY <= kept && kept <= (days + 1) * DAY, `${day} ${days}`);
  }
});

test("a date that a person chooses is the one that is shown to them, except where a change of clocks skips it", () => {
  for (const zone of ZONES) {
    process.env["TZ"] = zone;
    const skipped: string[] = [];
    for (let number = 0; number < 3 * 366; number++) {
      const date = addDays("2026-11-20", number);
      const expires = expiryOn(date, "2999-12-31");
      if (localDate(expires) !== date) skipped.push(date);
      assert.ok(localDate(expires) <= date, `${zone} ${date}`);
      assert.ok(daysBetween(expires, date) <= 0 && daysBetween(expires, date) >= -1);
    }
    assert.equal(skipped.length, zone === "Atlantic/Azores" ? 3 : 0, `${zone}: ${skipped.join(" ")}`);
    assert.equal(expiryOn("2027-01-20", "2027-01-10"), "2027-01-10");
  }
});

for (const [zone, date] of [
  ["America/Los_Angeles", "2027-01-12"],
  ["Asia/Kolkata", "2027-01-13"],
  ["Pacific/Auckland", "2027-01-13"],
  ["UTC", "2027-01-13"],
] as const) {
  test(`midnight UTC is shown as the date and, when it is near, the hour in ${zone}`, () => {
    process.env["TZ"] = zone;
    const moment = Date.parse("2027-01-13T00:00:00Z");
    const time = { "America/Los_Angeles": "16:00", "Asia/Kolkata": "05:30", "Pacific/Auckland": "13:00", UTC: "00:00" }[
      zone
    ];
    const at = (left: number): string => {
      Date.now = () => moment - left;
      return formatExpiry("2027-01-13");
    };
    assert.equal(at(30 * DAY), date);
    assert.equal(at(2 * DAY), date);
    assert.match(at(2 * DAY - MINUTE), new RegExp(`^${date} \\((tomorrow )?at ${time}\\)$`));
    assert.equal(at(MINUTE), zone === "UTC" ? `${date} (tomorrow at 00:00)` : `${date} (today at ${time})`);
    assert.equal(at(-DAY), date);
    Date.now = () => moment - MINUTE;
    assert.equal(formatExpiry("2027-01-13", { lasting: true }), `${date} (at ${time})`);
  });
}
