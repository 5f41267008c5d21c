/** The contact part of a request in words, as its requester reads it again. */
import type { Request } from "../crypto/entry.js";
import { t } from "./i18n.js";

type Contact = Request["contact"];

/** Return "Yes" or "No". A question that was not answered means no, if there is a way to reach the person at all. */
const yesNo = (answer: string | undefined, contact: Contact): string =>
  answer === "yes" ? t("Yes") : answer === "no" ? t("No") : contact.how ? t("Not answered, which means no") : "";

/** Return what a caller must know, in words. Rows with an empty answer are not shown. */
export const safetyRows = (contact: Contact): [string, string][] => [
  [t("May we leave a voicemail?"), yesNo(contact.voicemail, contact)],
  [t("Is a text message safe?"), yesNo(contact.text_message, contact)],
  [t("May we say who we are?"), yesNo(contact.say_who, contact)],
  [t("Who else might answer?"), contact.who_else],
  [t("A safe time to contact you"), contact.safe_time],
  [t("The language for a call"), contact.call_language],
];

/** Return labels and answers of the whole contact part. Rows with an empty answer are not shown. */
export function contactRows(name: string, contact: Contact): [string, string][] {
  return [
    [t("A name to use"), name],
    [t("How to reach you"), contact.how],
    ...safetyRows(contact),
    [t("Contact"), contact.return_only ? t("You will come back with your receipt.") : ""],
  ];
}
