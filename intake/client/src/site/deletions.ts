/** The page of deletions: the last runs, and how many requests each week, as the server publishes them. */
import "../page/quick_exit.js";
import { html, nothing, render, type TemplateResult } from "lit";
import { errorAlert } from "../page/elements.js";
import { day, flag, list, maybe, object, type Of, text, whole } from "../crypto/shape.js";
import { find, keepFragment } from "../page/dom.js";
import { askAgain } from "../net/api.js";
import { errorMessage } from "../page/error_messages.js";
import { formatDay, t } from "../page/i18n.js";

const shape = object({
  runs: list(object({ number: whole, day, days: list(day), clean: flag, hash: text })),
  weeks: list(object({ monday: day, cases: maybe(whole) })),
  overdue: flag,
});
type Deletions = Of<typeof shape>;

function weeks(deletions: Deletions): TemplateResult {
  if (!deletions.weeks.length) return html`<p>${t("No whole week has passed yet.")}</p>`;
  const most = Math.max(10, ...deletions.weeks.map((week) => week.cases ?? 0));
  return html`<table><thead><tr><th scope="col">${t("Week of")}</th><th scope="col">${t("Requests deleted")}</th></tr></thead>
    <tbody>${deletions.weeks.map(
      ({ monday, cases }) => html`<tr><td>${formatDay(monday)}</td>
      <td>${
        cases === null
          ? t("fewer than ten")
          : html`<meter min="0" max=${most} .value=${cases} aria-hidden="true"></meter> ${cases}`
      }</td></tr>`,
    )}</tbody></table>`;
}

const runs = (deletions: Deletions): TemplateResult => html`
  <table><thead><tr><th scope="col">${t("Day")}</th><th scope="col">${t("Result")}</th><th scope="col">${t("Certificate")}</th></tr></thead>
    <tbody>${deletions.runs.map(
      (run) => html`<tr><td>${formatDay(run.day)}</td>
      <td>${run.clean ? t("Nothing is left.") : t("Something is left. We try again the next night.")}</td>
      <td class="hash" dir="ltr" translate="no">${run.number} · ${run.hash}</td></tr>`,
    )}</tbody></table>`;

async function start(): Promise<void> {
  keepFragment();
  const element = find("deletions");
  try {
    const deletions = await askAgain("GET", "/api/form/deletions", shape);
    render(
      html`
      ${
        deletions.overdue
          ? errorAlert(t("Something that should have been deleted is still here. Please ask the group about it."))
          : nothing
      }
      <h2>${t("By week")}</h2>${weeks(deletions)}
      <h2>${t("The last nights")}</h2>${runs(deletions)}`,
      element,
    );
  } catch (error) {
    render(errorAlert(errorMessage(error)), element);
  }
}

void start();
