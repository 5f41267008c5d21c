/**
 * Show another version of this page, in another language or with the group's new form, without leaving it. The typed
 * answers stay in memory. They are never stored, and no address contains them.
 */
import { Problem } from "../net/api.js";
import { find, keepFragment } from "./dom.js";
import { useCatalogue } from "./i18n.js";
import { isLeaving } from "./quick_exit.js";

const PATIENCE = 45_000; // ms for a page
const SCRIPT = "script[type=module]";
const OUTSIDE = ["header", "footer"]; // outside of the main part; no script changes them
const COPIED = ["href", "aria-label", "data-to"];

/** Fetch a page of this site. The browser parses it, runs nothing of it and loads nothing for it. */
export function fetchPage(address: string): Promise<Document> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.timeout = PATIENCE;
    request.onload = (): void => {
      const page = request.response as Document | null;
      if (request.status === 200 && page?.querySelector("main")) resolve(page);
      else reject(new Problem("unavailable"));
    };
    request.onerror = request.ontimeout = (): void => reject(new Problem("offline"));
    request.send();
  });
}

/** Return whether a page is made for the script that runs here. */
export const fitsThisScript = (page: Document): boolean =>
  page.querySelector(SCRIPT)?.getAttribute("src") === document.querySelector(SCRIPT)?.getAttribute("src");

/** Replace the texts of this page, and the whole of its main part. The caller fills in what was typed. */
export function adopt(page: Document): void {
  const [root, other] = [document.documentElement, page.documentElement];
  root.lang = other.lang;
  root.dir = other.dir;
  document.title = page.title;
  useCatalogue(page.getElementById("words")?.textContent ?? "{}");
  for (const part of OUTSIDE)
    document.querySelector(`body > ${part}`)!.replaceWith(document.adoptNode(page.querySelector(`body > ${part}`)!));
  // The quick exit listens to these links, so they stay.
  copyWords(page.querySelector(".out")!, document.querySelector(".out")!);
  const main = page.querySelector("main")!;
  for (const script of main.querySelectorAll("script")) script.remove();
  find("main").replaceChildren(...[...main.childNodes].map((node) => document.adoptNode(node)));
  keepFragment();
}

function copyWords(from: Element, to: Element): void {
  for (const name of COPIED) {
    const value = from.getAttribute(name);
    if (value !== null) to.setAttribute(name, value);
  }
  if (!from.children.length) to.textContent = from.textContent;
  for (const [index, child] of [...from.children].entries())
    if (to.children[index]) copyWords(child, to.children[index]);
}

let path = "";

/** Name the page that is shown in the address bar: in this entry of the history, and in those that Back leads to. */
export function nameInAddress(address: string): void {
  if (!path) addEventListener("popstate", rename);
  path = new URL(address, location.href).pathname;
  rename();
}

function rename(): void {
  if (!isLeaving() && location.pathname !== path) history.replaceState(history.state, "", path + location.hash);
}
