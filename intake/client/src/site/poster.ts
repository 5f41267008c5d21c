/** The poster: the form's link with the group's fingerprint, as text and as a QR code. */
import "../page/quick_exit.js";
import { html, render, type TemplateResult } from "lit";
import { inGroups } from "../crypto/digits.js";
import { find, keepFragment } from "../page/dom.js";
import { fetchGroup } from "../net/group.js";
import { linkedGroup } from "../net/link.js";
import { errorMessage } from "../page/error_messages.js";
import { qr } from "../page/qr.js";
import { pageLanguage, t } from "../page/i18n.js";

const posterView = (digits: string, name: string): TemplateResult => {
  const link = `${location.origin}/${pageLanguage()}/`;
  return html`
    <section class="poster">
      <h1>${name}</h1>
      <p class="big">${t("Ask for help, or offer something. No account, no name, no proof.")}</p>
      ${qr(`${link}#${digits}`, t("A code that opens the form"))}
      <p class="address" dir="ltr">${link}<wbr>#<wbr>${digits}</p>
      <p>${t(
        "What you write is locked on your phone and deleted on the date you choose. With the digits after #, your browser checks that it is really our group:",
      )}</p>
      <p class="code long" dir="ltr" translate="no">${inGroups(digits)}</p>
    </section>
    <div class="actions"><button type="button" @click=${() => window.print()}>${t("Print")}</button></div>`;
};

async function start(): Promise<void> {
  keepFragment();
  const element = find("poster");
  try {
    // Posters stay up for years, so check that the fingerprint is that of the keys which this server has.
    const { fingerprint } = linkedGroup();
    const group = await fetchGroup(fingerprint === undefined ? {} : { fingerprint });
    if (!fingerprint || !group)
      render(
        html`<h1>${t("Poster")}</h1><p class="notice">${t(
          "Open this page from the desk, under Group. The link there has the check digits.",
        )}</p>`,
        element,
      );
    else render(posterView(fingerprint, element.dataset.group ?? ""), element);
  } catch (error) {
    render(html`<h1>${t("Poster")}</h1><p class="notice error" role="alert">${errorMessage(error)}</p>`, element);
  }
}

void start();
