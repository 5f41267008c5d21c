/** Carry what is typed from one version of the form's page to another, in memory only. */
import { textOf } from "./questions.js";

type Field = HTMLInputElement | HTMLTextAreaElement;

/** The content of one field, with its question in the language in which it was asked. */
interface Held {
  id: string;
  kind: string;
  value: string;
  checked: boolean;
  question: string;
  words: string;
}

/** An answer to a question that the new page does not ask. */
export interface Orphan {
  question: string;
  words: string;
}

/** Return the content of every field of the forms. */
export const hold = (): Held[] => fields().map(heldBy);

/** Fill in a new page, and return the answers that it has no field for. */
export function fillIn(all: Held[]): Orphan[] {
  const orphans: Orphan[] = [];
  for (const held of all) {
    const field = document.getElementById(held.id) as Field | null;
    if (field?.type === held.kind) put(field, held);
    else if (held.words) orphans.push({ question: held.question, words: held.words });
  }
  return orphans;
}

const fields = (): Field[] => [...document.querySelectorAll<Field>(".form .step :is(input, textarea)[id]")];

const isChoice = (field: Field): field is HTMLInputElement => field.type === "checkbox" || field.type === "radio";

function heldBy(field: Field): Held {
  const { id, type: kind, value } = field;
  const [step, checked] = [field.closest<HTMLElement>(".step")!, isChoice(field) && field.checked];
  const label = field.closest("label") ?? field.parentElement!.querySelector("label");
  const own = label?.textContent.trim() ?? "";
  // An option that was not chosen, or that has no value, is not an answer. The new page has its own day.
  const chosen = checked && value !== "" && step.dataset.kind !== "days" ? own : "";
  const [question, words] = isChoice(field) ? [textOf(step), chosen] : [own, value.trim()];
  return { id, kind, value, checked, question, words };
}

function put(field: Field, { value, checked }: Held): void {
  if (isChoice(field) ? field.checked === checked : field.value === value) return;
  if (field.type === "radio" && !checked) return; // the chosen one unsets it, if the new page still has it
  if (isChoice(field)) field.checked = checked;
  else field.value = value;
  // Other modules listen, to update which questions apply and how much text still fits.
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}
