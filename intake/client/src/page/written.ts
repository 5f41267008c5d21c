/** Show what somebody wrote. Phone numbers and addresses keep their order on a page that is written from the right. */
import { make } from "./dom.js";
import { partsOf } from "./text_parts.js";

export function written(tag: "p" | "dd", words: string): HTMLElement {
  const element = make(tag, "", { dir: "auto", translate: "no" });
  element.append(
    ...partsOf(words).map(({ kind, text }) => (kind === "text" ? text : make("bdi", text, { dir: "ltr" }))),
  );
  return element;
}
