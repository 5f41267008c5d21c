/** Helpers for the page: find, make and show elements. Text is never parsed as markup. */
import { readFingerprint } from "../net/link.js";

// The caller says which element the page's template has under this id.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id}`);
  return element as T;
}

export function make(tag: string, words = "", attributes: Record<string, string> = {}): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = words;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function button(words: string, act: () => void, kind = ""): HTMLButtonElement {
  const element = make(
    "button",
    words,
    kind ? { type: "button", class: kind } : { type: "button" },
  ) as HTMLButtonElement;
  element.addEventListener("click", act);
  return element;
}

/** Show one of several sections, and move focus and scroll position to its heading. */
export function showOnly(id: string): void {
  for (const section of document.querySelectorAll<HTMLElement>("main > section")) section.hidden = section.id !== id;
  const heading = find(id).querySelector<HTMLElement>("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  window.scrollTo(0, 0);
}

export function showMessage(id: string, words: string): void {
  const element = find(id);
  element.hidden = !words;
  element.textContent = words;
  if (words) element.focus();
}

/** Copy text to the clipboard. Returns false if that fails. Outside of a secure context, only the old command works. */
export async function copy(words: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const area = make("textarea") as HTMLTextAreaElement;
    area.value = words;
    document.body.append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else works outside of a secure context
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/**
 * Keep the link's fingerprint in the links to this site's other pages. Without it, the next page would accept the keys of
 * any group. An incomplete fingerprint is kept too, so that the next page refuses it as well.
 */
export function keepFragment(): void {
  const keep = (): void => {
    if (readFingerprint(location.hash).kind === "none") return;
    for (const link of document.querySelectorAll("a[href^='/']:not([data-exit])")) {
      const [address] = link.getAttribute("href")!.split("#");
      link.setAttribute("href", `${address}${location.hash}`); // `link.hash` would make the address absolute
    }
  };
  keep();
  addEventListener("hashchange", keep);
}
