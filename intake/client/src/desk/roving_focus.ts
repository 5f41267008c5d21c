/**
 * A group of buttons that is one stop of the Tab key. Arrow keys move between its buttons, from the last to the first too.
 *
 * This is the radio group in a toolbar of the ARIA Authoring Practices: an arrow key moves the focus and chooses nothing,
 * because each choice is signed, stored and said to others. Enter or Space chooses.
 */
const FORWARD = ["ArrowDown", "ArrowRight"];
const BACK = ["ArrowUp", "ArrowLeft"];

/** Move the focus by an arrow key. On a page that is written from the right, the left arrow leads to the next button. */
export function moveByArrow(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const isLeading = FORWARD.includes(event.key);
  if (!isLeading && !BACK.includes(event.key)) return;
  const buttons = buttonsOf(event);
  const turned = document.documentElement.dir === "rtl" && /Left|Right/.test(event.key);
  const by = isLeading !== turned ? 1 : -1;
  buttons.at((buttons.indexOf(event.target as HTMLElement) + by) % buttons.length)?.focus();
  event.preventDefault();
}

/** Make the button with the focus the one that Tab leaves from. */
export const stopAtFocus = (event: FocusEvent): void => stopAt(buttonsOf(event), event.target as HTMLElement);

/** When the focus leaves the group, Tab leads back to its chosen button, or else to the first. */
export function stopAtChosen(event: FocusEvent): void {
  const group = event.currentTarget as HTMLElement;
  if (group.contains(event.relatedTarget as Node | null)) return;
  const buttons = buttonsOf(event);
  stopAt(buttons, buttons.find(({ ariaChecked }) => ariaChecked === "true") ?? buttons[0]);
}

const buttonsOf = ({ currentTarget }: Event): HTMLElement[] => [
  ...(currentTarget as HTMLElement).querySelectorAll("button"),
];

function stopAt(buttons: HTMLElement[], stop: HTMLElement | undefined): void {
  for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
}
