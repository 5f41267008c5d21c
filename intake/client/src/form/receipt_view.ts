/** The receipt of a request that was sent, and the page after it. */
import { inGroups } from "../crypto/digits.js";
import { copyAndReport } from "../page/copying.js";
import { button, find, showOnly, showMessage } from "../page/dom.js";
import { formatExpiry } from "../page/expiry.js";
import { pageLanguage, t } from "../page/i18n.js";
import { drawQr } from "../page/late_qr.js";
import { confirmUnload, reload } from "../page/leaving.js";
import type { Sealed } from "./submit.js";

/** Fill in the slip that can be printed. Returns its lines as text. */
export function fillSlip(sealed: Sealed, fingerprint: string): string[] {
  const code = inGroups(sealed.code);
  const address = `${location.origin}/${pageLanguage()}/return/`;
  const link = `${address}#${fingerprint}`;
  const deletionDay = formatExpiry(sealed.expires, { lasting: true });
  find("code").textContent = code;
  find("return-address").textContent = address;
  void drawQr(link, t("A code that opens the page for your receipt")).then((drawing) => {
    if (drawing && document.body.classList.contains("receipt")) find("return-code").replaceChildren(drawing);
  });
  find("deletion-day").textContent = deletionDay;
  document.body.classList.add("receipt");
  window.addEventListener("beforeunload", confirmUnload);
  return [link, code, `${t("Your request will be deleted on:")} ${deletionDay}`];
}

/** Empty the slip, and show the last page. */
export function emptySlip(): void {
  window.removeEventListener("beforeunload", confirmUnload);
  document.body.classList.remove("receipt");
  for (const id of ["code", "return-address", "return-code", "deletion-day"]) find(id).replaceChildren();
  showOnly("done");
}

export const printButton = (): HTMLButtonElement => button(t("Print"), () => window.print(), "secondary");

export function showReceipt(sealed: Sealed, fingerprint: string): void {
  const lines = fillSlip(sealed, fingerprint);
  find("receipt-actions").replaceChildren(
    button(
      t("Copy"),
      () =>
        void copyAndReport(lines.join("\n"), {
          failed: () => t("The digits could not be copied. Please write them down."),
        }).then((message) => showMessage("copy-status", message())),
      "secondary",
    ),
    printButton(),
  );
  find("leave").replaceChildren(
    button(t("I have written it down"), () => {
      emptySlip();
      find("more").replaceChildren(button(t("Write another request"), startAgain, "secondary"));
    }),
  );
  showOnly("receipt");
}

/** Load the page again, from its beginning. */
export function startAgain(): void {
  history.replaceState(null, "");
  reload();
}
