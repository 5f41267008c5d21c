/** Open links that would leave the desk, and end the session, in a new tab. Show another language in place. */
import { find } from "../page/dom.js";
import { adopt, fetchPage, fitsThisScript, nameInAddress } from "../page/other_page.js";
import { useFormWords } from "./cases/form_words.js";

const DATA = "main > script[type='application/json']";

/** Watch the links of the page while a member is signed in. If the language cannot be shown in place, nothing happens. */
export function keepLinksOutside(isSignedIn: () => boolean, inLanguage: (address: string) => Promise<void>): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]:not([data-exit])");
    if (!link || !isSignedIn() || link.getAttribute("href")!.startsWith("#")) return;
    if (link.matches(".languages a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void inLanguage(link.href).catch(() => undefined);
    } else {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  });
}

/** Show the page's own words in another language. The caller draws the desk again. */
export async function showInLanguage(address: string): Promise<void> {
  const page = await fetchPage(address);
  if (!fitsThisScript(page)) throw new Error("another version");
  const form = page.getElementById("form")?.textContent ?? "{}";
  const data = [...document.querySelectorAll(DATA)];
  adopt(page);
  find("main").prepend(...data);
  useFormWords(form); // Trusted Types let nobody change the text of the element itself
  nameInAddress(address);
  document.querySelector<HTMLElement>(".languages summary")?.focus({ preventScroll: true });
}
