/** What the check page shows: each answer with a link to change it. */
import { contactRows } from "../page/contact.js";
import { button, make } from "../page/dom.js";
import { formatExpiry } from "../page/expiry.js";
import { t } from "../page/i18n.js";
import { written } from "../page/written.js";
import { type Form, textOf } from "./questions.js";
import type { Typed } from "./submit.js";

/** Show the answers, and the day of deletion that a person agrees to. `change` leads to a question. */
export function answersView(form: Form, typed: Typed, agreed: string, change: (step: string) => void): HTMLElement[] {
  const contact = form.steps.find((step) => step.dataset.kind === "contact")?.id ?? "";
  const days = `${form.id}-days-step`;
  const rows: [string, string, string][] = [
    ...form.steps.flatMap((step): [string, string, string][] => {
      const answer = typed.answers.find((candidate) => candidate.question === step.dataset.question);
      return answer ? [[textOf(step), (answer.labels.length ? answer.labels : answer.values).join("\n"), step.id]] : [];
    }),
    ...contactRows(typed.name, typed.contact).map(([label, words]): [string, string, string] => [
      label,
      words,
      contact,
    ]),
    [t("Deleted on"), formatExpiry(agreed), days],
    [
      t("With your receipt"),
      typed.shown ? t("What you wrote is shown again.") : t("What you wrote is not shown again."),
      days,
    ],
  ];
  return rows.filter(([, words]) => words).map(([label, words, step]) => rowOf(label, words, () => change(step)));
}

function rowOf(label: string, words: string, onChange: () => void): HTMLElement {
  const row = make("div", "", { class: "answer" });
  const change = make("dd", "", { class: "change" });
  const link = button(t("Change"), onChange, "link");
  link.setAttribute("aria-label", `${t("Change")}: ${label}`);
  change.append(link);
  row.append(make("dt", label), written("dd", words), change);
  return row;
}
