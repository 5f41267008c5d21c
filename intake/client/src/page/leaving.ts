/** Ask before something typed or opened is lost: at a link, at Back past the first page, at a reload, at closing. */
import { button, find, make } from "./dom.js";
import { t } from "./i18n.js";
import { isLeaving } from "./quick_exit.js";

/** What leaving the page loses, and the words of the button that does it. */
export interface Loss {
  words: string;
  leave: string;
}

let released = false;

/**
 * Ask from now on. `loss` returns null while nothing would be lost. `inLanguage` shows this page in another language and
 * keeps everything; if it fails, the person is asked.
 */
export function askBeforeLeaving(loss: () => Loss | null, inLanguage: (address: string) => Promise<void>): void {
  addEventListener("beforeunload", (event) => {
    if (!released && !isLeaving() && loss()) confirmUnload(event);
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>(
      "header a, footer a, #leaving a, main a[href^='/']",
    );
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey; // in another tab or window
    if (!link || elsewhere || event.defaultPrevented || isLeaving()) return;
    const lost = loss();
    if (!lost) return;
    if (link.closest("#leaving")) return void (released = true);
    event.preventDefault();
    if (link.matches(".languages a")) void inLanguage(link.href).catch(() => ask(lost, link.href));
    else ask(lost, link.href);
  });
}

/** Load the page again, empty, without asking. */
export function reload(): void {
  released = true;
  location.reload();
}

/** Have the browser ask before it leaves the page. It chooses the words. */
export function confirmUnload(event: BeforeUnloadEvent): void {
  event.preventDefault();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Chrome before 119 asks for nothing else
  event.returnValue = true;
}

function ask({ words, leave }: Loss, address: string): void {
  const asking = find("leaving");
  const act = make("div", "", { class: "actions" });
  act.append(
    make("a", leave, { class: "button secondary", href: address }),
    button(t("Stay"), () => (asking.hidden = true)),
  );
  asking.replaceChildren(make("p", words), act);
  asking.hidden = false;
  asking.scrollIntoView();
  asking.focus();
}
