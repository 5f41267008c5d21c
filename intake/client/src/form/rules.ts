/**
 * Which questions of a form apply, and what a person must correct before a request can be sent.
 *
 * intake/form/rules.py has the same rules, and explains them. Both must give the same answers to the cases in
 * tests/vectors/forms/. Nothing here touches the page.
 */
import { toAscii, WHITE } from "../crypto/digits.js";
import { utf8 } from "../crypto/encoding.js";

/** One question, as far as the rules need it. */
export interface Question {
  id: string;
  kind: string;
  required: boolean;
  subject: boolean;
  when: { question: string; is: string[] } | null;
  /** The ids of the options, or none for a typed answer. */
  options: string[];
}

/** Sizes in bytes (UTF-8) of a line, of a long text and, as JSON, of everything typed. */
export interface Limits {
  line: number;
  text: number;
  all: number;
}

/** Typed and chosen answers, by the names of the fields on the page without JavaScript. */
export type Fields = Partial<Record<string, string[]>>;
export type Rule = "too-long" | "missing" | "too-much" | "nothing-asked";

/** A question to correct, and the rule that it breaks. */
export interface Problem {
  question: string;
  rule: Rule;
}

export const CONTACT_LINES = ["name", "how", "who_else", "safe_time", "call_language"] as const;
export const CONTACT_CHOICES = ["voicemail", "text_message", "say_who"] as const;
export type ContactFields = Record<
  (typeof CONTACT_LINES)[number] | (typeof CONTACT_CHOICES)[number] | "return_only",
  string
>;

/** Return the questions that apply, in order. */
export function applicable(form: Question[], fields: Fields): Question[] {
  const asked: Question[] = [];
  for (const question of form) {
    const { when } = question;
    const on = when && asked.find((earlier) => earlier.id === when.question);
    if (!when || (on && answer(on, fields).some((value) => when.is.includes(value)))) asked.push(question);
  }
  return asked;
}

/** Return an answer as it is sent: the ids of the chosen options, or the text if there is any. */
export function answer(question: Question, fields: Fields): string[] {
  const typed = fields[`q-${question.id}`] ?? [];
  if (question.options.length) {
    const chosen = question.options.filter((option) => typed.includes(option));
    return question.kind === "several" ? chosen : chosen.slice(0, 1);
  }
  const text = question.kind === "long" ? trim((typed[0] ?? "").replace(/\r\n/g, "\n")) : line(typed);
  return text ? [text] : [];
}

/** Return the contact fields as they are sent. All are empty if the form's contact question does not apply. */
export function contact(form: Question[], fields: Fields): ContactFields {
  const given = applicable(form, fields).some((question) => question.kind === "contact") ? fields : {};
  const choice = (name: string): string => {
    const value = given[name]?.[0] ?? "";
    return value === "yes" || value === "no" ? value : "";
  };
  return Object.fromEntries([
    ...CONTACT_LINES.map((name) => [name, line(given[name] ?? [])]),
    ...CONTACT_CHOICES.map((name) => [name, choice(name)]),
    ["return_only", given["return_only"]?.some(Boolean) ? "yes" : ""],
  ]) as ContactFields;
}

/** Return what must be corrected before the request can be sent. */
export function problems(form: Question[], fields: Fields, limits: Limits): Problem[] {
  const asked = applicable(form, fields);
  const corrections = asked.flatMap((question) => questionProblems(form, question, fields, limits));
  if (corrections.length) return corrections;
  const texts = asked.flatMap((question) => textsOf(form, question, fields));
  if (texts.reduce((sum, text) => sum + jsonSize(text), 0) > limits.all)
    return [{ question: asked[0]!.id, rule: "too-much" }];
  return isRequest(form, fields) ? [] : [{ question: firstSubject(form, fields).id, rule: "nothing-asked" }];
}

/** Return what must be corrected in one question that applies. */
export function questionProblems(form: Question[], question: Question, fields: Fields, limits: Limits): Problem[] {
  const most = question.kind === "long" ? limits.text : limits.line;
  if (textsOf(form, question, fields).some((text) => bytes(text) > most))
    return [{ question: question.id, rule: "too-long" }];
  if (question.required && !isAnswered(form, question, fields)) return [{ question: question.id, rule: "missing" }];
  return [];
}

/** Return the questions of which one needs an answer. */
export function subjects(form: Question[]): Question[] {
  const marked = form.filter((question) => question.subject);
  if (marked.length) return marked;
  const all = form.filter((question) => question.kind !== "contact");
  return all.length ? all : form.slice(0, 1);
}

/** Return the first question to answer if the request has no subject. */
export function firstSubject(form: Question[], fields: Fields): Question {
  const [asked, possible] = [applicable(form, fields), subjects(form)];
  return asked.find((question) => possible.includes(question)) ?? asked[0]!;
}

/** Return whether a subject question is answered, so that there is something to send. */
export function isRequest(form: Question[], fields: Fields): boolean {
  const possible = subjects(form);
  return applicable(form, fields).some(
    (question) => possible.includes(question) && answer(question, fields).length > 0,
  );
}

/** Return whether there is something to send, or a later question than `after` can still be its subject. */
export function canBeRequest(form: Question[], fields: Fields, after: string): boolean {
  if (isRequest(form, fields)) return true;
  const position = form.findIndex((question) => question.id === after);
  const asked = applicable(form, fields);
  const earlier = form.slice(0, position + 1).map((question) => question.id);
  const open = new Set<string>();
  for (const question of form.slice(position + 1)) {
    const on = question.when?.question ?? "";
    if (asked.includes(question) || (!earlier.includes(on) && (!on || open.has(on)))) open.add(question.id);
  }
  return subjects(form).some((question) => open.has(question.id));
}

/** Return whether one field alone is too long. A line is measured like a long text; its blanks do not matter here. */
export const isTooLong = (typed: string, most: number): boolean => bytes(trim(typed)) > most;

/** Return a one-line answer, with the digits of any script as 0 to 9 and pasted line ends as spaces. */
export function line(typed: string[]): string {
  const parts = (typed[0] ?? "").split(/[\r\n]+/).map(trim);
  return toAscii(parts.filter(Boolean).join(" "));
}

/** Return the typed texts of a question that applies. Options are not typed. */
function textsOf(form: Question[], question: Question, fields: Fields): string[] {
  if (question.kind === "contact") {
    const given = contact(form, fields);
    return CONTACT_LINES.map((name) => given[name]);
  }
  return question.options.length ? [] : answer(question, fields);
}

/** Whether a question that applies is answered. Contact needs a way to reach the person, or "do not contact me". */
function isAnswered(form: Question[], question: Question, fields: Fields): boolean {
  if (question.kind !== "contact") return answer(question, fields).length > 0;
  const given = contact(form, fields);
  return given.how !== "" || given.return_only !== "";
}

const BLANK = new RegExp(`[${WHITE}]`, "u");

/** Remove the same blanks as the Python side, which differ from those that `String.trim` removes. */
function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text[start]!)) start++;
  while (end > start && BLANK.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

const bytes = (text: string): number => utf8(text).length;

/** Return the bytes of a text inside JSON, where quotes and control characters take more. */
const jsonSize = (text: string): number => bytes(JSON.stringify(text)) - 2;
