/** The questions and options of the group's forms, in this desk's language. */
import { has } from "../../crypto/encoding.js";
import type * as entry from "../../crypto/entry.js";
import { t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";

interface FormWords {
  questions: Record<string, string>;
  options: Record<string, Record<string, string>>;
}

/** Return the group's present forms, in this desk's language. */
function formWords(): Record<string, FormWords> {
  words ??= JSON.parse(document.getElementById("form")?.textContent || "{}") as Record<string, FormWords>;
  return words;
}
let words: Record<string, FormWords> | null = null;

/** Use these forms from now on, after the page has changed its language. */
export const useFormWords = (text: string): void => {
  words = JSON.parse(text) as Record<string, FormWords>;
};

/** Return a record's own value. Ids come from requesters, who could name a property that every object has. */
const own = <T>(record: Record<string, T> | undefined, id: string): T | undefined =>
  record && has(record, id) ? record[id] : undefined;

/**
 * Return a request's answers in the desk's language, where form, question and option still exist.
 *
 * Other answers are shown as they were sent, and are marked, because the requester may have invented their words. Such a
 * question is escaped here, before it is put into a sentence.
 */
export function answersOf(request: entry.Request): entry.Request["answers"] {
  const form = own(formWords(), request.form);
  return request.answers.map((answer) => ({
    ...answer,
    text:
      own(form?.questions, answer.question) ??
      t("As it was asked then: “%(question)s”", { question: escapeText(answer.text) }),
    labels: answer.labels.map(
      (label, i) => own(own(form?.options, answer.question), answer.values[i] ?? "") ?? `“${label}”`,
    ),
  }));
}

/** Return an option's label in this desk's language, from whichever form has it. */
export const optionLabel = (id: string): string =>
  Object.values(formWords())
    .flatMap((form) => Object.values(form.options))
    .find((options) => has(options, id))?.[id] ?? id;

/** List the kinds of help by which requests can be assigned and matched. */
export const kindsOfHelp = (): string[] => [
  ...new Set(Object.values(formWords()).flatMap((form) => Object.keys(form.options["kinds"] ?? {}))),
];
