/**
 * Options in groups. Each group shows how many of its options are chosen. In a long list, a search shows the matching options.
 *
 * A closed group never names what is chosen in it: somebody may look over the person's shoulder.
 */
import { make } from "../page/dom.js";
import { folded } from "../page/folded.js";
import { t, tn } from "../page/i18n.js";

/** Prepare a question whose options are in groups. */
export function prepareOptions(step: HTMLElement): void {
  const question = step.querySelector<HTMLElement>(".question")!;
  const groups = [...question.querySelectorAll<HTMLDetailsElement>("details.options")];
  const options = [...question.querySelectorAll<HTMLElement>(".choices > .choice")];
  const count = (): void => groups.forEach(countChosen);
  question.addEventListener("input", count);
  count();
  if ("long" in question.dataset) addSearch(question, groups, options);
}

function countChosen(group: HTMLDetailsElement): void {
  const chosen = group.querySelectorAll("input:checked").length;
  const words = chosen ? tn("%(num)s chosen", "%(num)s chosen", chosen) : "";
  const count = group.querySelector(".count")!;
  if (count.textContent !== words) count.textContent = words;
}

/** Add a search above the groups. It opens groups with matches, and restores them when it is emptied. */
function addSearch(question: HTMLElement, groups: HTMLDetailsElement[], options: HTMLElement[]): void {
  const id = `${question.id}-search`;
  const search = make("input", "", { id, type: "search", autocomplete: "off", dir: "auto", spellcheck: "false" });
  const none = make("p", "", { class: "hint", role: "status" });
  const field = make("div", "", { class: "field search" });
  field.append(make("label", t("Search this list"), { for: id }), search, none);
  groups[0]!.before(field);
  const opened = new Map<HTMLDetailsElement, boolean>();
  search.addEventListener("input", () => {
    const words = folded((search as HTMLInputElement).value)
      .split(/\s+/)
      .filter(Boolean);
    const fits = (option: HTMLElement): boolean => words.every((word) => folded(option.textContent).includes(word));
    for (const option of options) option.hidden = !fits(option);
    for (const group of groups) {
      if (!opened.has(group)) opened.set(group, group.open);
      group.hidden = !group.querySelector(".choice:not([hidden])");
      group.open = words.length ? !group.hidden : opened.get(group)!;
    }
    if (!words.length) opened.clear();
    none.textContent = options.some((option) => !option.hidden)
      ? ""
      : t("Nothing in this list matches. Empty the search to see everything.");
  });
}
