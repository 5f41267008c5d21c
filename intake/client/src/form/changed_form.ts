/** Offer the new form, with the typed answers, if the group changed its form while the page was open. */
import { Problem } from "../net/api.js";
import { button, find, make, showMessage } from "../page/dom.js";
import { errorMessage } from "../page/error_messages.js";
import { t } from "../page/i18n.js";
import { fetchPage, fitsThisScript } from "../page/other_page.js";
import type { Orphan } from "./carried.js";

/** Return whether the server refuses what this page sends because the form or its days have changed. */
export const isOutdated = (error: unknown): boolean =>
  error instanceof Problem && (error.kind === "invalid" || error.kind === "about:blank");

/** Say that the form has changed, and offer the new one. `renew` shows it and returns the answers without a question in it. */
export function offerNewForm(renew: (page: Document) => Orphan[]): void {
  const words = t("The group has changed its form since you opened this page. Nothing was sent.");
  showMessage("send-problem", `${words} ${t("What you wrote is still here.")}`);
  find("send-problem").append(button(t("Open the new form with my answers"), () => void openNewForm(renew)));
}

async function openNewForm(renew: (page: Document) => Orphan[]): Promise<void> {
  try {
    const page = await fetchPage(location.pathname);
    if (fitsThisScript(page)) showChange(renew(page));
    else
      showMessage(
        "send-problem",
        t("This page is too old to take your answers along. Copy what you need, then load this page again."),
      );
  } catch (error) {
    showMessage("send-problem", `${errorMessage(error)} ${t("What you wrote is still here.")}`);
  }
}

/** Show the answers that the new form has no question for, so that they can be copied. */
function showChange(orphans: Orphan[]): void {
  showMessage("problem", t("This is the group's new form, with your answers. Please check them before you send."));
  if (!orphans.length) return;
  const list = make("dl");
  for (const { question, words } of orphans)
    list.append(make("dt", question), make("dd", words, { dir: "auto", translate: "no" }));
  find("problem").append(make("p", t("The new form does not ask for these answers. Copy what you still need:")), list);
}
