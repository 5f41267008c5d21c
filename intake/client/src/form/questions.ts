/**
 * The questions on the page: what is typed into them, and which need correction by the rules of rules.ts. Questions are
 * `.step` elements; docs/reference/forms.md.
 */
import { expiryDay } from "../crypto/expiry.js";
import { find, make } from "../page/dom.js";
import { formatExpiry } from "../page/expiry.js";
import { type Control, watch } from "../page/length_limit.js";
import { prepareOptions } from "./option_groups.js";
import * as rules from "./rules.js";
import type { Typed } from "./submit.js";
import { pageLanguage, t } from "../page/i18n.js";

/** Something to correct: the element to focus, and the message. */
export interface Failure {
  id: string;
  words: string;
}

/** One form of the page. */
export class Form {
  readonly id: string;
  readonly steps: HTMLElement[];
  private readonly questions: rules.Question[];
  private readonly limits: rules.Limits;
  /** By how many days the default is shortened. */
  private fewer = 0;

  /** `earlier` is the same form in another version of the page. A person has already read its drawn default. */
  constructor(
    readonly element: HTMLDetailsElement,
    earlier?: Form,
  ) {
    this.id = element.dataset.form!;
    this.steps = [...element.querySelectorAll<HTMLElement>(".step")];
    this.questions = this.steps.filter((step) => step.dataset.question).map(questionOf);
    const { line, text, most } = element.dataset;
    this.limits = { line: Number(line), text: Number(text), all: Number(most) };
    // Radio buttons need a common name. No form surrounds them, so this name is never sent.
    for (const radio of element.querySelectorAll<HTMLInputElement>("input[type=radio]"))
      radio.name = radio.closest("fieldset")!.id;
    for (const step of this.steps.filter((candidate) => candidate.querySelector(".options"))) prepareOptions(step);
    for (const control of typedIn(element)) watch(control, Number(control.dataset.most));
    this.drawDefault(earlier);
  }

  get title(): string {
    return this.element.querySelector("summary")!.textContent.trim();
  }

  /** The questions that apply, given the answers so far, and the form's ending. */
  get applicable(): HTMLElement[] {
    const asked = rules.applicable(this.questions, this.fields).map((question) => question.id);
    return this.steps.filter(({ dataset }) => !dataset.question || asked.includes(dataset.question));
  }

  /** Show the date next to each number of days until deletion. `today` is the server's day. */
  showDates(today: string): void {
    for (const option of this.days.querySelectorAll<HTMLInputElement>("input")) {
      const label = option.nextElementSibling!;
      label.querySelector(".date")?.remove();
      const date = formatExpiry(expiryDay(today, Number(option.value)));
      label.append(make("span", ` · ${date}`, { class: "date" }));
    }
  }

  /** Whether anything is typed or chosen. */
  get touched(): boolean {
    return Object.values(this.fields).some((values) => values?.some((value) => value.trim()));
  }

  /** List what needs correction before the request can be sent. */
  failures(): Failure[] {
    return rules.problems(this.questions, this.fields, this.limits).map((problem) => this.failureOf(problem));
  }

  /** List what needs correction before the next question, also if no later question can be the request's subject. */
  failuresAt(step: HTMLElement): Failure[] {
    const question = this.questions.find((candidate) => candidate.id === step.dataset.question);
    if (!question) return [];
    const problems = rules.questionProblems(this.questions, question, this.fields, this.limits);
    if (!problems.length && !rules.canBeRequest(this.questions, this.fields, question.id))
      problems.push({ question: rules.firstSubject(this.questions, this.fields).id, rule: "nothing-asked" });
    return problems.map((problem) => this.failureOf(problem));
  }

  private failureOf({ question, rule }: rules.Problem): Failure {
    const step = this.stepOf(question);
    const words = {
      "too-long": () => t("“%(question)s”: this is too long. Please shorten it.", { question: textOf(step) }),
      missing: () => t("“%(question)s” needs an answer.", { question: textOf(step) }),
      "too-much": () => t("This is too long. Please shorten your text."),
      "nothing-asked": () => t("Choose a kind of help or write something, so we know what this is about."),
    };
    const long = typedIn(step).find((control) => rules.isTooLong(control.value, Number(control.dataset.most)));
    return { id: (rule === "too-long" && long?.id) || entryOf(step), words: words[rule]() };
  }

  private stepOf(question: string): HTMLElement {
    return this.steps.find((step) => step.dataset.question === question)!;
  }

  /** Return the typed and chosen answers, by the names of the fields on the page without JavaScript. */
  private get fields(): rules.Fields {
    const fields: rules.Fields = {};
    for (const step of this.steps) {
      const { question, kind } = step.dataset;
      if (kind === "contact") Object.assign(fields, contactFields(step));
      else if (question) fields[`q-${question}`] = [...chosen(step), ...typedIn(step).map((control) => control.value)];
    }
    return fields;
  }

  /** Read everything that is encrypted: the answers to the questions that apply. */
  read(): Typed {
    const { direction } = this.element.dataset;
    const fields = this.fields;
    const days = Number(this.days.querySelector<HTMLInputElement>("input:checked")?.value);
    const { name, return_only, ...contact } = rules.contact(this.questions, fields);
    return {
      form: this.id,
      language: pageLanguage(),
      direction: direction!,
      answers: rules
        .applicable(this.questions, fields)
        .filter((question) => question.kind !== "contact")
        .map((question) => this.answer(question, fields)),
      contact: { ...contact, return_only: return_only !== "" },
      name,
      shown: !find<HTMLInputElement>(`${this.id}-hidden`).checked,
      days,
    };
  }

  private get days(): HTMLElement {
    return find(`${this.id}-days`);
  }

  /**
   * Shorten the default number of days at random, so that the deletion day does not show the day of arrival. This
   * happens before a person reads the number, so that the number and the date that they agree to are the ones sent.
   */
  private drawDefault(earlier?: Form): void {
    const { default: longest, fuzz } = this.element.dataset;
    const before = earlier?.element.dataset;
    const drawn = before?.default === longest && before?.fuzz === fuzz;
    const fewer = earlier && drawn ? earlier.fewer : below(Number(fuzz) + 1);
    this.fewer = fewer;
    const option = find<HTMLInputElement>(`${this.id}-days-${longest}`);
    option.value = String(Number(longest) - fewer);
    const label = option.nextElementSibling!;
    // The page names all labels where another plural form may be drawn.
    const labels = this.days.dataset.labels?.split("|");
    label.textContent = labels?.[fewer] ?? label.textContent.replace(longest!, option.value);
  }

  private answer(question: rules.Question, fields: rules.Fields): Typed["answers"][number] {
    const step = this.stepOf(question.id);
    const values = rules.answer(question, fields);
    const labels = question.options.length ? values.map((value) => labelOf(step, value)) : [];
    return { question: question.id, text: textOf(step), values, labels };
  }
}

/** Read a question's rules from its element. */
function questionOf(step: HTMLElement): rules.Question {
  const { question, kind, when, is } = step.dataset;
  const options = kind === "contact" ? [] : optionsIn(step).map((option) => option.value);
  return {
    id: question!,
    kind: kind!,
    required: "required" in step.dataset,
    subject: "subject" in step.dataset,
    when: when ? { question: when, is: is!.split(" ") } : null,
    options: options.filter(Boolean),
  };
}

/** Return the answers to the contact question. */
function contactFields(step: HTMLElement): rules.Fields {
  const id = step.querySelector(".question")!.id;
  const values = (name: string): string[] => [find<HTMLInputElement>(`${id}-${name}`).value];
  return Object.fromEntries([
    ...rules.CONTACT_LINES.map((name) => [name, values(name)]),
    ...rules.CONTACT_CHOICES.map((name) => [name, chosen(find(`${id}-${name}`))]),
    ["return_only", find<HTMLInputElement>(`${id}-return_only`).checked ? ["yes"] : []],
  ]) as rules.Fields;
}

/** Return a random number below `limit`. */
const below = (limit: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % limit;

/** Return a question's words, without "(optional)". */
export const textOf = (step: HTMLElement): string =>
  step.querySelector(".question > :is(legend, label)")?.firstChild?.textContent?.trim() ?? "";

/** Return the text fields of a question or a form. */
const typedIn = (part: HTMLElement): Control[] => [...part.querySelectorAll<Control>("[data-most]")];

/** Return the first control of a question, which links to the question focus. A closed group stays closed. */
function entryOf(step: HTMLElement): string {
  const control = step.querySelector<HTMLElement>("input:not([type=search]), textarea")!;
  const closed = control.closest<HTMLElement>("details.options:not([open])");
  return (closed?.querySelector("summary") ?? control).id;
}

/** Return the options of a question, or of one of its parts. */
const optionsIn = (part: HTMLElement): HTMLInputElement[] => [
  ...part.querySelectorAll<HTMLInputElement>("input[type=checkbox], input[type=radio]"),
];

const chosen = (part: HTMLElement): string[] =>
  optionsIn(part)
    .filter((option) => option.checked)
    .map((option) => option.value);

const labelOf = (step: HTMLElement, value: string): string =>
  optionsIn(step)
    .find((option) => option.value === value)!
    .parentElement!.textContent.trim();
