/** The return page: read the case of a receipt, write back, correct, delete. Leaving the page drops everything. */
import "../page/form_state.js";
import "../page/quick_exit.js";
import * as followUp from "./follow_up.js";
import type { Opened } from "./follow_up.js";
import { addDays } from "../crypto/encoding.js";
import * as receipt from "../crypto/receipt.js";
import { useWorker } from "../page/argon2id.js";
import { button, find, keepFragment, make } from "../page/dom.js";
import { askBeforeLeaving, reload } from "../page/leaving.js";
import { adopt, fetchPage, fitsThisScript, nameInAddress } from "../page/other_page.js";
import { type Group, fetchGroup } from "../net/group.js";
import { linkedGroup } from "../net/link.js";
import { caseErrorMessage } from "../page/case_error_messages.js";
import { Problem } from "../net/api.js";
import { acceptWholeReceipt } from "./pasted_receipt.js";
import { progressWords } from "../page/progress.js";
import { bytes, watch } from "../page/length_limit.js";
import { expiryOn, formatExpiry, localDate } from "../page/expiry.js";
import { t } from "../page/i18n.js";
import { entryBox } from "./entry_view.js";
import { written } from "../page/written.js";
import { fillIn, lossOf, readTyped, stretched } from "./typed.js";

const MAX_TEXT = 50_000; // bytes; with its envelope it fits into 64 KiB, the largest entry

let group: Group | null = null;
/** The receipt's keys. They are kept while the page is open, because stretching the digits again can take a minute. */
let own: receipt.Receipt | null = null;
/** What the page shows: a case, or none. */
let shown: Opened | null = null;
let busy = false;

function fail(words: string): void {
  const error = find("code-error");
  error.textContent = words;
  error.hidden = !words;
  find("code").setAttribute("aria-invalid", String(words !== ""));
  if (words) find("code").focus();
}

async function enter(): Promise<void> {
  fail("");
  let code: string;
  try {
    code = receipt.normalise(find<HTMLInputElement>("code").value);
  } catch (error) {
    fail(caseErrorMessage(error));
    return;
  }
  const open = find("open-actions").querySelector("button")!;
  open.disabled = busy = true;
  try {
    group = await fetchGroup(linkedGroup());
    if (!group) throw new Problem("not-open");
    own = await stretched(code, group);
    show(await followUp.open(own, group));
  } catch (error) {
    fail(
      error instanceof Problem && error.kind === "not-found"
        ? t("We found no request for this receipt. It may have been deleted.")
        : caseErrorMessage(error),
    );
  } finally {
    open.disabled = busy = false;
  }
}

/** Show the case. `draft` is an unfinished message to keep in its field. */
function show(opened: Opened, message = "", draft = ""): void {
  shown = opened;
  find("enter").hidden = true;
  find<HTMLInputElement>("code").value = "";
  const box = find("case");
  const heading = make("h1", t("Your request"), { tabindex: "-1" });
  box.replaceChildren(
    heading,
    make("p", message, { role: "status" }),
    ...progressLine(opened),
    make("p", t("Your request will be deleted on %(day)s.", { day: formatExpiry(opened.expires) })),
    ...warnings(opened).map((words) => make("p", words, { class: "notice error" })),
    ...holding(opened),
    ...opened.entries.flatMap((entry) => entryBox(entry) ?? []),
    ...writing(opened, draft),
    ...sooner(opened),
    ...withdrawing(opened),
  );
  heading.focus();
}

/** Show the progress of the request. While the server says that it is closed, no other stage is shown. */
function progressLine({ open, progress }: Opened): HTMLElement[] {
  if (!open && progress.stage !== "closed") return [];
  return [make("p", progressWords(progress), { id: "progress", class: "notice" })];
}

/** Show that the group keeps a closed request longer, and why. */
function holding({ hold }: Opened): HTMLElement[] {
  if (!hold) return [];
  const box = make("section", "", { class: "entry ours" });
  box.append(
    make(
      "p",
      t("Two people in the group keep this request until %(day)s, even when it is closed. Their reason:", {
        day: formatExpiry(hold.until),
      }),
    ),
    written("p", hold.reason),
  );
  return [box];
}

function warnings(opened: Opened): string[] {
  const messages: string[] = [];
  if (opened.hidden) messages.push(t("What you wrote is not shown here, as you chose."));
  if (opened.sealedBy === "server")
    messages.push(t("This request was locked or opened by our computer, not by a browser."));
  if (opened.expires > opened.grant.deletion)
    messages.push(t("Our computer says that it keeps this request longer than you chose. Please tell the group."));
  if (opened.warnings.some(({ kind }) => kind !== "dates"))
    messages.push(t("Something in this request is missing or was changed on the way. Please ask the group about it."));
  if (!opened.open) messages.push(t("The group has closed this request. If you write, you open it again."));
  return messages;
}

function writing(opened: Opened, draft: string): HTMLElement[] {
  const area = make("textarea", "", {
    id: "text",
    rows: "4",
    dir: "auto",
    autocomplete: "off",
    spellcheck: "false",
    translate: "no",
  }) as HTMLTextAreaElement;
  const problem = make("p", "", { class: "error", role: "alert" });
  const field = make("div", "", { class: "field" });
  field.append(make("label", t("Write to the group"), { for: "text" }), problem, area);
  watch(area, MAX_TEXT);
  area.value = draft;
  const send = async (kind: "message" | "correction"): Promise<void> => {
    problem.textContent = "";
    if (!area.value.trim()) return void (problem.textContent = t("Write something first."));
    if (bytes(area.value) > MAX_TEXT)
      return void (problem.textContent = t("This is too long. Please shorten your text."));
    for (const element of actions.querySelectorAll("button")) element.disabled = true;
    try {
      await sendOrCatchUp(opened, kind, area.value.trim());
    } catch (error) {
      problem.textContent = `${caseErrorMessage(error)} ${t("What you wrote is still here.")}`;
      for (const element of actions.querySelectorAll("button")) element.disabled = false;
    }
  };
  const actions = make("div", "", { class: "actions" });
  actions.append(
    button(t("Send as a message"), () => void send("message")),
    button(t("Send as a correction"), () => void send("correction"), "secondary"),
  );
  return [make("h2", t("Write back")), field, actions];
}

/** Write an entry. If a reply took the number meanwhile, open the case again and encrypt once more. */
async function sendOrCatchUp(opened: Opened, kind: "message" | "correction", words: string): Promise<void> {
  try {
    await followUp.write(opened, kind, words, group!.today);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    await followUp.write(await followUp.open(own!, group!), kind, words, group!.today);
  }
  show(await followUp.open(own!, group!), t("Your message is sent."));
}

function sooner(opened: Opened): HTMLElement[] {
  const [first, last] = [addDays(group!.today, 1), addDays(opened.expires, -1)];
  if (first > last) return [];
  const problem = make("p", "", { class: "error", role: "alert" });
  const [min, max] = [localDate(first), localDate(last)];
  const day = make("input", "", { id: "sooner", type: "date", autocomplete: "off", min, max }) as HTMLInputElement;
  const hint = make("p", "", { class: "hint", role: "status" });
  const chosen = (): string | null => (day.value >= min && day.value <= max ? expiryOn(day.value, last) : null);
  day.addEventListener("input", () => {
    const expires = chosen();
    hint.textContent = expires ? t("Your request will be deleted on %(day)s.", { day: formatExpiry(expires) }) : "";
  });
  const field = make("div", "", { class: "field" });
  field.append(make("label", t("On this date"), { for: "sooner" }), problem, day, hint);
  const actions = make("div", "", { class: "actions" });
  actions.append(button(t("Delete my request sooner"), () => void go(), "secondary"));
  const go = async (): Promise<void> => {
    const expires = chosen();
    if (!expires) return void (problem.textContent = t("Choose a date that is earlier than the planned one."));
    try {
      await followUp.shorten(opened, expires);
      show(
        await followUp.open(own!, group!),
        t("The deletion date is changed."),
        find<HTMLTextAreaElement>("text").value,
      );
    } catch (error) {
      problem.textContent = caseErrorMessage(error);
    }
  };
  return [make("h2", t("Delete my request sooner")), field, actions];
}

function withdrawing(opened: Opened): HTMLElement[] {
  const problem = make("p", "", { class: "error", role: "alert" });
  const actions = make("div", "", { class: "actions" });
  const sure = button(t("Yes, delete my request now"), () => void go(), "danger");
  const keep = button(t("No, keep my request"), () => actions.replaceChildren(first), "secondary");
  const first = button(
    t("Delete this request"),
    () => {
      actions.replaceChildren(sure, keep);
      keep.focus();
    },
    "danger",
  );
  const go = async (): Promise<void> => {
    try {
      showDeleted(await followUp.withdraw(opened));
    } catch (error) {
      problem.textContent = caseErrorMessage(error);
    }
  };
  actions.append(first);
  return [
    make("h2", t("Delete my request")),
    make("p", t("Your request and all replies are deleted, and the key is destroyed. This cannot be undone.")),
    problem,
    actions,
  ];
}

function showDeleted(destroyed: boolean): void {
  shown = own = null;
  const heading = make("h1", destroyed ? t("Your request is deleted.") : t("Your request is hidden now."), {
    tabindex: "-1",
  });
  find("case").replaceChildren(
    heading,
    make(
      "p",
      destroyed
        ? t("The request, the replies and the key are deleted. Nobody can read them any more.")
        : t(
            "Nobody can open your request here any more. Its key could not be destroyed yet. We try again by tomorrow at the latest.",
          ),
    ),
  );
  heading.focus();
}

/** Show the page in another language, with the opened request and everything that is typed. */
async function inLanguage(address: string): Promise<void> {
  const page = await fetchPage(address);
  if (busy || !fitsThisScript(page)) throw new Problem("stale");
  const typed = readTyped();
  adopt(page);
  prepare();
  if (shown) show(shown);
  fillIn(typed);
  nameInAddress(address);
  document.querySelector<HTMLElement>(".languages summary")!.focus({ preventScroll: true });
}

/** Prepare the main part of the page, as it came from the server. */
function prepare(): void {
  find("code").addEventListener("keydown", (event) => {
    if (event.key === "Enter") void enter();
  });
  acceptWholeReceipt(find<HTMLInputElement>("code"));
  find("open-actions").replaceChildren(button(t("Open"), () => void enter()));
}

function start(): void {
  keepFragment();
  useWorker();
  prepare();
  askBeforeLeaving(() => lossOf(shown !== null), inLanguage);
  try {
    linkedGroup(); // read it now, because a link within the page replaces the fragment
  } catch (error) {
    fail(caseErrorMessage(error));
  }
  // The browser must not restore the opened case from its memory of pages.
  window.addEventListener("pageshow", (event) => event.persisted && reload());
}

start();
