/** Move through a form, one question at a time or all on one page, also with the browser's Back and Forward. */
import { button, find, make } from "../page/dom.js";
import { isLeaving } from "../page/quick_exit.js";
import { t } from "../page/i18n.js";
import type { Failure, Form } from "./questions.js";

/** A view. `from` is set if a link on the check page led here. */
interface Position {
  view: string;
  from?: "check";
}

/** What a history entry stores. Browsers write it to disk, so it must not show which questions a person was asked. */
interface HistoryState {
  depth: number;
}

const START = "start";
const CHECK = "check";

export class Steps {
  current: Form | null = null;
  /** Set while a request is being sent, and afterwards. The page does not change while it is set. */
  held = false;
  /** Whether the check page was shown. After a change, the page returns to it. */
  private checked = false;
  /** The view of each history entry of this page, by depth. */
  private readonly positions: Position[] = [{ view: START }];
  /** The questions that were shown. After a change, the page asks each question that applies and was not shown. */
  private readonly asked = new Set<string>();

  /** `onCheck` shows the check page. */
  constructor(
    private forms: Form[],
    private readonly onCheck: (form: Form) => void,
  ) {
    for (const form of forms) this.prepare(form);
    history.replaceState(stateAt(0), ""); // a reload empties the page, so it starts at the beginning
    // An entry without a state comes from a link within the page.
    addEventListener("popstate", () => {
      if (!isLeaving() && !this.held && history.state) this.show(this.position());
    });
  }

  /** Begin a form. If a person started typing while this script was loading, do not move them. */
  begin(form: Form): void {
    const within =
      form.element.contains(document.activeElement) && document.activeElement !== form.element.querySelector("summary");
    const whole = within || form.touched || form.element.dataset.pages === "one";
    this.go({ view: whole ? form.id : `${form.id}/${form.applicable[0]!.id}` }, within);
  }

  /** Continue with the forms of another version of the page, in the same place as far as it still exists. */
  renew(forms: Form[]): void {
    const formOf = (id: string | undefined): Form | null => forms.find((other) => other.id === id) ?? null;
    this.forms = forms;
    this.current = formOf(this.current?.id);
    for (const form of forms) this.prepare(form);
    for (const position of this.positions.filter(({ view }) => view !== START && view !== CHECK)) {
      const [id, step] = position.view.split("/");
      const form = formOf(id);
      if (!form) position.view = START;
      else if (step && !form.steps.some((other) => other.id === step)) position.view = form.id;
    }
    this.show(this.current ? this.position() : { view: START }, true);
  }

  /** Go from the check page to a question. */
  change(form: Form, step: string): void {
    this.go({ view: paged(form) ? form.id : `${form.id}/${step}`, from: CHECK });
    find(step).scrollIntoView();
  }

  private prepare(form: Form): void {
    const summary = form.element.querySelector("summary")!;
    summary.addEventListener("click", (event) => {
      event.preventDefault();
      this.begin(form);
    });
    summary.after(make("p", "", { class: "progress", role: "status" }), make("h1", form.title, { class: "title" }));
    form.element.addEventListener("input", () => this.current === form && this.draw());
  }

  private go(to: Position, quietly = false): void {
    const depth = currentDepth() + 1;
    history.pushState(stateAt(depth), "");
    this.positions.splice(depth, Infinity, to);
    this.show(to, quietly);
  }

  /** Return the view of the present entry: the beginning, for one that this page did not make. */
  private position(): Position {
    return this.positions[currentDepth()] ?? this.positions[0]!;
  }

  /** Show the view of a history entry. `quietly` leaves focus and scroll position alone. */
  private show(position: Position, quietly = false): void {
    const [id, step] = position.view.split("/");
    const form = this.forms.find((other) => other.id === id) ?? (position.view === CHECK ? this.current : null);
    if (position.view === CHECK && form) {
      const failures = form.failures(); // Forward can lead here too
      if (failures.length) return this.reach(form, failures[0]!.id, failures);
      this.checked = true;
      return this.onCheck(form);
    }
    this.current = form;
    for (const section of document.querySelectorAll<HTMLElement>("main > section"))
      section.hidden = section.id !== "write";
    for (const other of ["start", "receipt-link"]) find(other).hidden = form !== null;
    for (const other of this.forms) {
      other.element.hidden = form !== null && form !== other;
      other.element.open = other === form;
      other.element.classList.toggle("current", other === form);
    }
    if (!quietly) window.scrollTo(0, 0);
    if (!form) return find("start").querySelector("h1")!.focus();
    form.element.dataset.at = step ?? "";
    showFailures(form, []);
    this.drawActions(form, position);
    this.draw();
    if (quietly) return;
    const focused = step
      ? find(step).querySelector<HTMLElement>(".question")!
      : form.element.querySelector<HTMLElement>("h1")!;
    focused.setAttribute("tabindex", "-1");
    focused.focus({ preventScroll: true });
  }

  /** Show the questions that apply, and the progress. */
  private draw(): void {
    const form = this.current!;
    const [applicable, at] = [form.applicable, form.element.dataset.at];
    for (const step of form.steps) {
      step.hidden = at ? step.id !== at : !applicable.includes(step);
      if (!step.hidden) this.asked.add(step.id);
    }
    const number = applicable.findIndex((step) => step.id === at) + 1;
    const text = number
      ? t("Question %(number)s of %(many)s", { number: String(number), many: String(applicable.length) })
      : "";
    const progress = form.element.querySelector(".progress")!;
    if (progress.textContent !== text) progress.textContent = text;
  }

  private drawActions(form: Form, position: Position): void {
    const onward = position.from ? t("Back to your answers") : t("Continue");
    const last = !form.element.dataset.at;
    form.element.querySelector(".form-actions")!.replaceChildren(
      button(last ? t("Check your answers") : onward, () => this.onward(form, position)),
      button(t("Back"), () => history.back(), "secondary"),
    );
    form.element.querySelector(".form-actions")!.classList.add("actions");
  }

  private onward(form: Form, position: Position): void {
    const step = form.steps.find((candidate) => candidate.id === form.element.dataset.at);
    const applicable = form.applicable;
    const later = step ? form.steps.slice(form.steps.indexOf(step) + 1) : [];
    const next = position.from
      ? step && applicable.find((candidate) => !this.asked.has(candidate.id))
      : later.find((candidate) => applicable.includes(candidate));
    const failures = step && next ? form.failuresAt(step) : form.failures();
    this.report(form, failures);
    if (failures.length) return;
    const from = position.from && next ? { from: position.from } : {};
    this.go(next ? { view: `${form.id}/${next.id}`, ...from } : { view: CHECK });
  }

  private report(form: Form, failures: Failure[]): void {
    showFailures(form, failures, (id) => this.reach(form, id, failures));
  }

  /** Focus a control, on whichever page it is, and show what needs correction. */
  private reach(form: Form, id: string, failures: Failure[]): void {
    const step = find(id).closest<HTMLElement>(".step")!;
    if (step.hidden || this.current !== form || find("write").hidden) {
      const view = form.element.dataset.pages === "one" ? form.id : `${form.id}/${step.id}`;
      this.go(this.checked ? { view, from: CHECK } : { view });
      this.report(form, failures);
    }
    find(id).focus();
  }
}

const paged = (form: Form): boolean => !form.element.dataset.at;

/** Keep what the page itself has stored in the present entry. */
const stateAt = (depth: number): HistoryState => ({ ...(history.state as HistoryState | null), depth });

const currentDepth = (): number => (history.state as HistoryState | null)?.depth ?? 0;

/** Show the error summary with links, and each error next to its field. */
function showFailures(form: Form, failures: Failure[], reach: (id: string) => void = () => undefined): void {
  const box = form.element.querySelector<HTMLElement>(".problems")!;
  for (const error of form.element.querySelectorAll<HTMLElement>(".step .error[id]")) error.hidden = true;
  for (const field of form.element.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const list = make("ul");
  for (const { id, words } of failures) {
    const link = make("a", words, { href: `#${id}` });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      reach(id);
    });
    const item = make("li");
    item.append(link);
    list.append(item);
    mark(id, words);
  }
  box.hidden = !failures.length;
  box.replaceChildren(...(failures.length ? [make("p", t("Please look at this again:")), list] : []));
  if (failures.length) box.focus();
}

function mark(id: string, words: string): void {
  const step = find(id).closest<HTMLElement>(".step")!;
  const error = step.querySelector<HTMLElement>(".error[id]");
  if (!error) return;
  error.textContent = words;
  error.hidden = false;
  if (!find(id).matches("summary")) find(id).setAttribute("aria-invalid", "true");
}
