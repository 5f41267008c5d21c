/** The sealing page. There is no native form in it: until this script has run, nothing can be sent, by Enter neither. */
import { inGroups } from "./crypto/digits.js";
import { head } from "./crypto/keylist.js";
import * as receipt from "./crypto/receipt.js";
import { button, copy, find, keepFragment, make, showOnly, tell } from "./dom.js";
import { type Group, group, inWords, linked, Problem } from "./net.js";
import { seal, type Sealed, send, type Typed } from "./submit.js";
import { addDays } from "./crypto/encoding.js";
import { dayInWords, language, t } from "./words.js";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
const value = (id: string): string => find<Control>(id).value.trim();
const ticked = (id: string): boolean => find<HTMLInputElement>(id).checked;
const chosen = (id: string): string => find<HTMLSelectElement>(id).selectedOptions[0]?.textContent ?? "";

let known: Group | null = null;
let pending: { typed: string; sealed: Sealed } | null = null;

/** What the page holds now. Questions are the elements whose ids begin with `q-`. */
function read(): Typed {
  const answers: Typed["answers"] = [];
  for (const element of document.querySelectorAll<HTMLElement>("#write :is(fieldset, textarea, select, input[type=text])[id^='q-']")) {
    const text = (element.querySelector("legend") ?? document.querySelector(`label[for='${element.id}']`))?.textContent ?? "";
    const question = element.id.slice(2);
    if (element.matches("textarea, input")) {
      answers.push({ question, text, values: value(element.id) ? [value(element.id)] : [], labels: [] });
    } else if (element.matches("select")) {
      answers.push({ question, text, values: value(element.id) ? [value(element.id)] : [], labels: value(element.id) ? [chosen(element.id)] : [] });
    } else {
      const boxes = [...element.querySelectorAll<HTMLInputElement>("input:checked")];
      answers.push({ question, text, values: boxes.map((box) => box.value), labels: boxes.map((box) => box.parentElement?.textContent?.trim() ?? "") });
    }
  }
  return {
    form: find("write").dataset.form ?? "", language, direction: value("direction"), answers,
    contact: {
      how: value("how"), voicemail: value("voicemail"), say_who: value("say_who"), safe_time: value("safe_time"), return_only: ticked("return_only"),
    },
    name: value("name"), shown: !ticked("hidden"), days: Number(value("days")),
  };
}

function check(): void {
  const typed = read();
  if (!typed.answers.some((answer) => answer.values.length > 0)) {
    tell("problem", t("Choose a kind of help or write something, so that we know what it is about."));
    return;
  }
  tell("problem", "");
  tell("send-problem", "");
  const rows: [string, string][] = [
    [find("direction").previousElementSibling?.textContent ?? "", chosen("direction")],
    ...typed.answers.map((answer): [string, string] => [answer.text, (answer.labels.length ? answer.labels : answer.values).join("\n")]),
    [t("A name to use"), typed.name],
    [t("How to reach you"), typed.contact.how],
    [t("May we leave a voicemail?"), typed.contact.voicemail && chosen("voicemail")],
    [t("May we say who we are?"), typed.contact.say_who && chosen("say_who")],
    [t("A safe time"), typed.contact.safe_time],
    [t("Contact"), typed.contact.return_only ? t("You come back with your receipt.") : ""],
    [t("It will be deleted on"), known ? dayInWords(addDays(known.today, typed.days)) : ""],
    [t("With the receipt"), typed.shown ? t("Your words are shown again.") : t("Your words are not shown again.")],
  ];
  const told = rows.filter(([, words]) => words).flatMap(([label, words]) => [make("dt", label), make("dd", words, { dir: "auto", translate: "no" })]);
  find("answers").replaceChildren(...told);
  showOnly("check");
}

async function sealAndSend(): Promise<void> {
  const buttons = [...find("send").querySelectorAll("button")];
  for (const one of buttons) one.disabled = true;
  find("sending").hidden = false;
  tell("send-problem", "");
  try {
    const typed = read();
    const written = JSON.stringify(typed);
    const seen = known && { number: known.keys.entries.length - 1, hash: head(known.keys) };
    known = await group({ ...linked, ...(seen ? { seen } : {}) });
    if (!known) throw new Problem("not-open");
    const now = known;
    const code = receipt.generate();
    // After a lost answer the very same is sent again: it may have been stored.
    if (pending?.typed !== written) pending = { typed: written, sealed: await seal(typed, now, code) };
    pending.sealed = await send(pending.sealed, () => seal(typed, now, code));
    showReceipt(pending.sealed);
  } catch (error) {
    tell("send-problem", `${inWords(error)} ${t("What you wrote is still here.")}`);
  } finally {
    for (const one of buttons) one.disabled = false;
    find("sending").hidden = true;
  }
}

function showReceipt(sealed: Sealed): void {
  pending = null;
  const code = inGroups(sealed.code);
  find("write").replaceChildren();
  find("answers").replaceChildren();
  find("code").textContent = code;
  find("goes").textContent = dayInWords(sealed.expires);
  find("keep").replaceChildren(
    button(t("Copy"), () => void copy(code).then((done) => tell("kept", done ? t("Copied. Other apps on this device may read it.") : t("It could not be copied. Write it down."))), "secondary"),
    button(t("Print"), () => window.print(), "secondary"),
  );
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  find("leave").replaceChildren(button(t("I have written it down"), () => {
    window.removeEventListener("beforeunload", warn);
    find("code").textContent = "";
    find("more").replaceChildren(button(t("Write another request"), () => location.reload(), "secondary"));
    // The poster's link again, on this page: the browser would not load it anew by itself.
    window.addEventListener("hashchange", () => location.reload());
    showOnly("done");
  }));
  showOnly("receipt");
}

async function start(): Promise<void> {
  keepFragment();
  find("problem").setAttribute("tabindex", "-1");
  find("how").addEventListener("input", () => (find<HTMLDetailsElement>("safe").open ||= value("how") !== ""));
  find("send").replaceChildren(button(t("Lock and send"), () => void sealAndSend()), button(t("Change something"), () => showOnly("write"), "secondary"));
  find("act").replaceChildren(button(t("Check your answers"), check));
  try {
    known = await group(linked);
    if (!known) showClosed();
  } catch (error) {
    tell("problem", inWords(error));
  }
}

function showClosed(): void {
  find("write").hidden = true;
  find("closed").hidden = false;
}

void start();
