/**
 * The form for a member who writes down what somebody tells them: on the phone, at the door, or from a paper form.
 *
 * The request names this member, if the desk is open in another tab and signs it. This page holds no key of the desk.
 */
import { newId } from "../../crypto/encoding.js";
import { type Channel, CHANNELS } from "../../crypto/on_behalf.js";
import { button, find, make, showOnly } from "../../page/dom.js";
import { t } from "../../page/i18n.js";
import { askForMark, type Mark, reportActivity } from "../../page/on_behalf_channel.js";
import { writtenDown } from "../../page/written_down.js";
import { inLanguage, start } from "../form_page.js";
import { emptySlip, fillSlip, printButton, startAgain } from "../receipt_view.js";
import type { Sealed, Writer } from "../submit.js";

/** The address of the first page, to which "Fill in another" returns: in the language of the desk. */
const first = location.pathname + location.hash;
let channel: Channel | null = null;
let caseId = newId();
let mark: Mark | null = null;

/** Ask the desk to sign, and show whether it did. */
async function askDesk(): Promise<void> {
  const [asked, way] = [caseId, channel];
  if (!way) return;
  const answer = await askForMark(asked, way);
  if (asked !== caseId || way !== channel) return; // chosen again meanwhile
  mark = answer;
  showMark();
}

function showMark(): void {
  const box = find("mark");
  box.hidden = channel === null;
  box.classList.toggle("error", channel !== null && !mark);
  if (!channel) return;
  if (mark)
    return box.replaceChildren(
      make("p", t("Colleagues will read: %(words)s", { words: writtenDown(channel, mark.name) })),
    );
  const retry = button(t("Try again"), () => void askDesk(), "secondary");
  box.replaceChildren(
    make(
      "p",
      t(
        "The desk does not answer, so the request will not show that you wrote it down. Sign in to the desk in another tab, then try again. You can also send it like this.",
      ),
    ),
    retry,
  );
}

/** Show what was chosen before the page was replaced, and listen to the new page's fields. */
function prepare(): void {
  for (const radio of radios()) {
    radio.checked = radio.value === channel;
    radio.addEventListener("change", () => {
      channel = CHANNELS.find((other) => other === radio.value) ?? null;
      mark = null;
      find("channel-error").hidden = true;
      void askDesk();
    });
  }
  const spoken = find<HTMLSelectElement>("spoken");
  spoken.addEventListener("change", () => {
    if (spoken.value) void inLanguage(spoken.value).then(() => find("spoken").focus());
  });
  showMark();
}

const radios = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("[name=channel]")];

/** No form begins before it is known how the request came. */
function requireChannel(event: Event): void {
  if (channel || !(event.target as Element).closest(".form > summary")) return;
  event.preventDefault();
  event.stopPropagation();
  find("channel-error").hidden = false;
  radios()[0]!.focus();
}

/** Return the case and its mark. A desk that did not answer before is asked once more. */
async function writer(): Promise<Writer> {
  if (!mark) await askDesk();
  return { caseId, signed: mark?.signed ?? null };
}

function forgetWriter(): void {
  caseId = newId();
  mark = null;
}

function showReceipt(sealed: Sealed, fingerprint: string): void {
  fillSlip(sealed, fingerprint);
  const groups = find("code").textContent.split(" ");
  find("code").replaceChildren(...groups.flatMap((group) => [make("span", group), " "]));
  find("receipt-actions").replaceChildren(printButton());
  find("leave").replaceChildren(
    button(t("They have the receipt"), finish),
    button(t("They do not want a receipt"), finish, "secondary"),
  );
  showOnly("receipt");
}

function finish(): void {
  forgetWriter();
  find("mark").replaceChildren();
  find("mark").hidden = true;
  emptySlip();
  find("more").replaceChildren(
    button(t("Fill in another"), () => {
      history.replaceState(null, "", first);
      startAgain();
    }),
    button(
      t("Back to the desk"),
      () => {
        window.close();
        // A browser may keep a tab that a link has opened.
        find("close-tab").textContent = t("Close this tab. The desk is still open in the tab before it.");
      },
      "secondary",
    ),
  );
}

document.addEventListener("click", requireChannel, { capture: true });
reportActivity();
void start({ showReceipt, renewed: prepare, writer, forgetWriter });
