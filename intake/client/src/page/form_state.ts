/**
 * Keeps the default of every field equal to its current value, so that a browser stores nothing.
 *
 * Firefox writes each field that differs from its default to its session file, and fills it in again after a crash: ticked
 * boxes and chosen radio buttons even with `autocomplete="off"`.
 */
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function setDefault(field: Field): void {
  if (field instanceof HTMLSelectElement) {
    for (const option of field.options) option.defaultSelected = option.selected;
  } else if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
    for (const other of field.type === "radio" && field.name ? sameName(field) : [field])
      other.defaultChecked = other.checked;
  } else if (!(field instanceof HTMLInputElement && (field.type === "password" || field.type === "file"))) {
    field.defaultValue = field.value;
  }
}

/** A chosen radio button unchecks another, which gets no event. */
const sameName = ({ name }: HTMLInputElement): HTMLInputElement[] =>
  [...document.querySelectorAll<HTMLInputElement>("input[type=radio]")].filter((radio) => radio.name === name);

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

// Capture: an `input` event that a script sends does not bubble. A composed word has no `input` event after its end.
for (const type of ["input", "change", "compositionend"])
  addEventListener(type, ({ target }) => isField(target) && setDefault(target), { capture: true });

// A script that sets a field causes no event. Without this, the default of an emptied field would still be the sent note.
for (const [prototype, name] of [
  [HTMLInputElement.prototype, "value"],
  [HTMLInputElement.prototype, "checked"],
  [HTMLTextAreaElement.prototype, "value"],
  [HTMLSelectElement.prototype, "value"],
] as const) {
  const native = Object.getOwnPropertyDescriptor(prototype, name)!;
  Object.defineProperty(prototype, name, {
    ...native,
    set(this: Field, value: unknown) {
      native.set!.call(this, value);
      setDefault(this);
    },
  });
}

// What was typed or ticked before this script ran.
for (const field of document.querySelectorAll<Field>("input, textarea, select")) setDefault(field);
