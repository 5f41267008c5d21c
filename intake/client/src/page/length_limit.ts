/** Limits of fields, in bytes of UTF-8. A field warns near its limit and never cuts text off. */
import { make } from "./dom.js";
import { tn } from "./i18n.js";

export type Control = HTMLInputElement | HTMLTextAreaElement;
const NEAR = 0.8; // share of the limit from which a field shows how much is left

export const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Show how much is left near the limit. Pasted lines are joined with spaces. */
export function watch(control: Control, most: number): void {
  const room = make("p", "", { class: "hint", role: "status" });
  control.after(room);
  control.addEventListener("input", () => {
    const [used, letters] = [bytes(control.value), [...control.value].length];
    // Bytes per letter depend on the script, so estimate from the letters that were typed.
    const left = Math.floor(((most - used) * letters) / Math.max(used, 1));
    room.className = used > most ? "error" : "hint";
    room.textContent =
      used < most * NEAR
        ? ""
        : used > most
          ? tn("Too long by about %(num)s character.", "Too long by about %(num)s characters.", -left)
          : tn("Room for about %(num)s more character.", "Room for about %(num)s more characters.", left);
  });
  if (control instanceof HTMLTextAreaElement) return;
  control.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\r\n]/.test(pasted)) return;
    event.preventDefault();
    control.setRangeText(
      pasted
        .trim()
        .split(/\s*[\r\n]+\s*/)
        .join(" "),
      control.selectionStart ?? 0,
      control.selectionEnd ?? 0,
      "end",
    );
    control.dispatchEvent(new Event("input"));
  });
}
