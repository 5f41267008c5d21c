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
    radio.addEventListener("change", () => choose(CHANNELS.find((other) => other === radio.value) ?? null));
  }
  const spoken = find<HTMLSelectElement>("spoken");
  spoken.addEventListener("change", () => {
    if (spoken.value) void inLanguage(spoken.value).then(() => find("spoken").focus());
  });
  showMark();
}

function choose(way: Channel | null): void {
  channel = way;
  mark = null;
  rememberChannel();
  find("channel-error").hidden = true;
  for (const radio of radios()) radio.checked = radio.value === way;
  void askDesk();
}

/** Keep the channel for a reload of this page. It says nothing of a person, so the browser may write it to disk. */
function rememberChannel(): void {
  history.replaceState({ ...(history.state as object | null), channel }, "");
}

/** Return the channel that was chosen before a reload. */
function rememberedChannel(): Channel | null {
  const { channel: before } = (history.state ?? {}) as { channel?: unknown };
  return CHANNELS.find((other) => other === before) ?? null;
}

/** Another language keeps the channel, also while nothing is typed. Otherwise the browser would load another page. */
function keepChannel(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>(".languages a");
  if (!channel || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void inLanguage(link.href).catch(() => location.assign(link.href));
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
  history.replaceState({ ...(history.state as object | null), channel: null }, ""); // the next request may come otherwise
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
document.addEventListener("click", keepChannel, { capture: true });
reportActivity();
const remembered = rememberedChannel();
void start({ showReceipt, renewed: prepare, writer, forgetWriter });
if (remembered) choose(remembered);
