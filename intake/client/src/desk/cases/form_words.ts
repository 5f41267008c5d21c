/** The questions and options of the group's forms, in this desk's language. */
import { has } from "../../crypto/encoding.js";
import type * as entry from "../../crypto/entry.js";
import { t } from "../../page/i18n.js";

interface FormWords {
  questions: Record<string, string>;
  options: Record<string, Record<string, string>>;
}

/** The group's forms of today, in this desk's language. */
function formWords(): Record<string, FormWords> {
  words ??= JSON.parse(document.getElementById("form")?.textContent || "{}") as Record<string, FormWords>;
  return words;
}
let words: Record<string, FormWords> | null = null;

/** A record's own value: ids come from requesters, who may name what every object has. */
const own = <T>(record: Record<string, T> | undefined, id: string): T | undefined =>
  record && has(record, id) ? record[id] : undefined;

/**
 * A request's answers in the words of this desk's language where form, question and option still are what they were, else as they
 * were read. Words that the form of today does not have are marked: whoever wrote the request could have chosen them.
 */
export function answersOf(request: entry.Request): entry.Request["answers"] {
  const form = own(formWords(), request.form);
  return request.answers.map((answer) => ({
    ...answer,
    text: own(form?.questions, answer.question) ?? t("As it was asked then: “%(question)s”", { question: answer.text }),
    labels: answer.labels.map(
      (label, i) => own(own(form?.options, answer.question), answer.values[i] ?? "") ?? `“${label}”`,
    ),
  }));
}

/** An option in this desk's language, of whichever form. */
export const optionInWords = (id: string): string =>
  Object.values(formWords())
    .flatMap((form) => Object.values(form.options))
    .find((options) => has(options, id))?.[id] ?? id;

/** What requests may be assigned and matched by. */
export const kindsOfHelp = (): string[] => [
  ...new Set(Object.values(formWords()).flatMap((form) => Object.keys(form.options["kinds"] ?? {}))),
];
