/**
 * The questions on the page: which apply, what is typed, what needs correction. Questions are `.step` elements;
 * docs/reference/forms.md.
 */
import { toAscii } from "../crypto/digits.js";
import { expiryDay } from "../crypto/expiry.js";
import { find, make } from "../page/dom.js";
import { formatExpiry } from "../page/expiry.js";
import { bytes, type Control, watch } from "../page/length_limit.js";
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

  constructor(readonly element: HTMLDetailsElement) {
    this.id = element.dataset.form!;
    this.steps = [...element.querySelectorAll<HTMLElement>(".step")];
    // Radio buttons need a common name. No form surrounds them, so this name is never sent.
    for (const radio of element.querySelectorAll<HTMLInputElement>("input[type=radio]"))
      radio.name = radio.closest("fieldset")!.id;
    for (const control of typedIn(element)) watch(control, Number(control.dataset.most));
    this.drawDefault();
  }

  get title(): string {
    return this.element.querySelector("summary")!.textContent.trim();
  }

  /** The questions that apply, given the answers so far. */
  get applicable(): HTMLElement[] {
    const questions: HTMLElement[] = [];
    for (const step of this.steps) {
      const { when, is } = step.dataset;
      const on = when && questions.find((earlier) => earlier.dataset.question === when);
      if (!when || (on && this.chosen(on).some((value) => is!.split(" ").includes(value)))) questions.push(step);
    }
    return questions;
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
    return this.answered(this.steps.filter((step) => step.dataset.question));
  }

  /** List what needs correction in these questions. With `all`, also list it as a failure if nothing is answered. */
  failures(steps: HTMLElement[], all: boolean): Failure[] {
    const failures: Failure[] = [];
    for (const step of steps.filter((candidate) => candidate.dataset.question)) {
      const question = textOf(step);
      const long = typedIn(step).find((control) => bytes(control.value) > Number(control.dataset.most));
      if (long)
        failures.push({ id: long.id, words: t("“%(question)s”: this is too long. Please shorten it.", { question }) });
      else if ("required" in step.dataset && !this.isAnswered(step))
        failures.push({ id: entryOf(step), words: t("“%(question)s” needs an answer.", { question }) });
    }
    const total = this.steps.flatMap(typedIn).reduce((sum, control) => sum + bytes(control.value), 0);
    if (all && !failures.length && total > Number(this.element.dataset.most))
      failures.push({ id: entryOf(steps[0]!), words: t("This is too long. Please shorten your text.") });
    if (
      all &&
      !failures.length &&
      !this.answered(steps.filter((candidate) => candidate.dataset.question && candidate.dataset.kind !== "contact"))
    ) {
      failures.push({
        id: entryOf(steps[0]!),
        words: t("Choose a kind of help or write something, so we know what this is about."),
      });
    }
    return failures;
  }

  /** Read everything that is encrypted: the answers to the questions that apply. */
  read(): Typed {
    const { direction } = this.element.dataset;
    const steps = this.applicable.filter((step) => step.dataset.question);
    const days = Number(this.days.querySelector<HTMLInputElement>("input:checked")?.value);
    const contact = steps.find((step) => step.dataset.kind === "contact");
    const line = (name: string): string => (contact ? oneLine(part(contact, name)) : "");
    const picked = (name: string): string =>
      (contact &&
        find(`${this.id}-${contact.dataset.question}-${name}`).querySelector<HTMLInputElement>("input:checked")
          ?.value) ??
      "";
    return {
      form: this.id,
      language: pageLanguage(),
      direction: direction!,
      answers: steps.filter((step) => step !== contact).map((step) => this.answer(step)),
      contact: {
        how: line("how"),
        voicemail: picked("voicemail"),
        say_who: picked("say_who"),
        safe_time: line("safe_time"),
        return_only: contact ? (part(contact, "return_only") as HTMLInputElement).checked : false,
      },
      name: line("name"),
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
  private drawDefault(): void {
    const { default: longest, fuzz } = this.element.dataset;
    const fewer = below(Number(fuzz) + 1);
    const option = find<HTMLInputElement>(`${this.id}-days-${longest}`);
    option.value = String(Number(longest) - fewer);
    const label = option.nextElementSibling!;
    // The page names all labels where another plural form may be drawn.
    const labels = this.days.dataset.labels?.split("|");
    label.textContent = labels?.[fewer] ?? label.textContent.replace(longest!, option.value);
  }

  private answer(step: HTMLElement): Typed["answers"][number] {
    const [question, text] = [step.dataset.question!, textOf(step)];
    const control = step.querySelector<Control>("textarea, input[type=text]");
    if (control) {
      const typed = control instanceof HTMLTextAreaElement ? control.value.trim() : oneLine(control);
      return { question, text, values: typed ? [typed] : [], labels: [] };
    }
    const boxes = [...step.querySelectorAll<HTMLInputElement>("input:checked")].filter((box) => box.value);
    return {
      question,
      text,
      values: boxes.map((box) => box.value),
      labels: boxes.map((box) => box.parentElement!.textContent.trim()),
    };
  }

  /** Whether a required question is answered. Contact may be a way to reach the person, or "none". */
  private isAnswered(step: HTMLElement): boolean {
    if (step.dataset.kind !== "contact") return this.answered([step]);
    return part(step, "how").value.trim() !== "" || (part(step, "return_only") as HTMLInputElement).checked;
  }

  private chosen(step: HTMLElement): string[] {
    return [...step.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);
  }

  private answered(steps: HTMLElement[]): boolean {
    return steps.some(
      (step) => this.chosen(step).some(Boolean) || typedIn(step).some((control) => control.value.trim()),
    );
  }
}

/** Return a random number below `limit`. */
const below = (limit: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % limit;

/** Return a question's words, without "(optional)". */
export const textOf = (step: HTMLElement): string =>
  step.querySelector(".question > :is(legend, label)")?.firstChild?.textContent?.trim() ?? "";

/** Return the text fields of a question or a form. */
const typedIn = (part: HTMLElement): Control[] => [...part.querySelectorAll<Control>("[data-most]")];

/** Return the first control of a question, which links to the question focus. */
const entryOf = (step: HTMLElement): string => step.querySelector<HTMLElement>("input, textarea")!.id;

const part = (step: HTMLElement, name: string): Control =>
  find<HTMLInputElement>(`${step.querySelector(".question")!.id}-${name}`);
const oneLine = (control: Control): string => toAscii(control.value.trim());
