/** Show one entry of a request: what was asked, a message, a correction or a reply. */
import type { Entry } from "../crypto/entry.js";
import { contactRows } from "../page/contact.js";
import { make } from "../page/dom.js";
import { formatDay, t } from "../page/i18n.js";
import { written } from "../page/written.js";

export function entryBox(entry: Entry): HTMLElement | null {
  if (entry.kind === "request") {
    const { answers, contact, name } = entry.content;
    const rows = [
      ...answers.map(({ text, labels, values }) => [text, (labels.length ? labels : values).join("\n")] as const),
      ...contactRows(name, contact),
    ];
    const shown = rows
      .filter(([, words]) => words)
      .flatMap(([label, words]) => [make("dt", label, { dir: "auto" }), written("dd", words)]);
    return around(t("You wrote"), entry.day, [listOf(shown)], "");
  }
  if (entry.kind !== "message" && entry.kind !== "correction") return null;
  const who = entry.author
    ? t("The group answered")
    : entry.kind === "correction"
      ? t("You corrected")
      : t("You wrote");
  return around(who, entry.day, [written("p", entry.content.text)], entry.author ? "ours" : "");
}

function listOf(rows: HTMLElement[]): HTMLElement {
  const list = make("dl");
  list.append(...rows);
  return list;
}

function around(who: string, day: string, inside: HTMLElement[], kind: string): HTMLElement {
  const box = make("section", "", { class: `entry ${kind}` });
  box.append(make("p", `${who} · ${formatDay(day)}`, { class: "about" }), ...inside);
  return box;
}
