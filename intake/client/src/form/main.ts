/** The form's page. It has no native form, so nothing can be sent before this script runs, not even by Enter. */
import { inGroups } from "../crypto/digits.js";
import { today as ownToday } from "../crypto/encoding.js";
import { expiryDay } from "../crypto/expiry.js";
import { head } from "../crypto/keylist/keylist.js";
import * as receipt from "../crypto/receipt.js";
import { useWorker } from "../page/argon2id.js";
import { contactRows } from "../page/contact.js";
import { button, copy, find, keepFragment, make, showOnly, tell } from "../page/dom.js";
import "../page/form_state.js";
import { isLeaving } from "../page/quick_exit.js";
import { Form, textOf } from "./questions.js";
import { Steps } from "./steps.js";
import { type Group, fetchGroup, snapshotOf } from "../net/group.js";
import { linkedGroup, readFingerprint } from "../net/link.js";
import { errorMessage } from "../page/error_messages.js";
import { type Patience, Problem } from "../net/api.js";
import { seal, type Sealed, send, type Typed } from "./submit.js";
import { formatExpiry } from "../page/expiry.js";
import { pageLanguage, t } from "../page/i18n.js";
import { qr } from "../page/qr.js";

const TRIES = 12; // to send one request: about a minute and a half without a connection

useWorker();
const forms = [...document.querySelectorAll<HTMLDetailsElement>("details.form")].map((element) => new Form(element));
const steps = new Steps(forms, check);
let group: Group | null = null;
let pending: { typed: string; sealed: Sealed } | null = null;
/** The expiry day that the check page shows. Nothing is sent with another one. */
let agreed = "";

/** Thrown if the expiry day is no longer the one that the person agreed to, because midnight UTC has passed. */
class DayChangedError extends Error {}

/** Show what will be sent, each answer with a link to change it. */
function check(form: Form): void {
  const typed = form.read();
  const contact = form.steps.find((step) => step.dataset.kind === "contact")?.id ?? "";
  const days = `${form.id}-days-step`;
  const { answers } = typed;
  agreed = expiryDay(group?.today ?? ownToday(), typed.days);
  const rows: [string, string, string][] = [
    ...form.steps.flatMap((step): [string, string, string][] => {
      const answer = answers.find((candidate) => candidate.question === step.dataset.question);
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
  find("answers").replaceChildren(...rows.filter(([, words]) => words).map((row) => rowOf(form, ...row)));
  tell("send-problem", "");
  find("send").replaceChildren(
    button(t("Lock and send"), () => void sealAndSend(form)),
    button(t("Back"), () => history.back(), "secondary"),
  );
  showOnly("check");
}

function rowOf(form: Form, label: string, words: string, step: string): HTMLElement {
  const row = make("div", "", { class: "answer" });
  const change = make("dd", "", { class: "change" });
  const link = button(t("Change"), () => steps.change(form, step), "link");
  link.setAttribute("aria-label", `${t("Change")}: ${label}`);
  change.append(link);
  row.append(make("dt", label), make("dd", words, { dir: "auto", translate: "no" }), change);
  return row;
}

async function sealAndSend(form: Form): Promise<void> {
  // Until the server answers, nothing can be changed or sent again: one request, one receipt.
  const buttons = [...find("check").querySelectorAll("button")];
  const hold = (held: boolean): void => {
    steps.held = held;
    for (const element of buttons) element.disabled = held;
  };
  hold(true);
  const say = (words: string): void => void ([find("sending").hidden, find("sending").textContent] = [!words, words]);
  const patience = {
    tries: TRIES,
    onDown: () =>
      say(t("The connection dropped. We keep trying. What you wrote is still here, and it will arrive only once.")),
  };
  say(t("Locking and sending…"));
  tell("send-problem", "");
  try {
    await sealOnce(form.read(), patience);
  } catch (error) {
    hold(false);
    if (error instanceof DayChangedError) {
      pending = null;
      check(form);
      tell(
        "send-problem",
        t(
          "Your request was not sent yet. A new day has begun, so the date when it will be deleted has changed. Please check the new date, then send your request.",
        ),
      );
      return;
    }
    tell("send-problem", `${errorMessage(error)} ${t("What you wrote is still here.")}`);
  } finally {
    say("");
  }
}

async function sealOnce(typed: Typed, patience: Patience): Promise<void> {
  const written = JSON.stringify(typed);
  const code = receipt.generate();
  const sealNow = async (): Promise<Sealed> => {
    const current = await fetchAgain(patience);
    if (expiryDay(current.today, typed.days) !== agreed) throw new DayChangedError();
    return seal(typed, agreed, current, code, patience);
  };
  // After a lost answer, send the same bytes again: the server may have stored them.
  if (pending?.typed !== written) pending = { typed: written, sealed: await sealNow() };
  pending.sealed = await send(pending.sealed, sealNow, patience);
  showReceipt(pending.sealed, group!);
}

/** Fetch the group again, which may only have grown, and the server's day. */
async function fetchAgain(patience: Patience): Promise<Group> {
  const seen = group && { number: group.keys.entries.length - 1, hash: head(group.keys) };
  group = await fetchGroup({ ...linkedGroup(), ...(seen ? { seen } : {}) }, patience);
  if (!group) throw new Problem("not-open");
  for (const form of forms) form.showDates(group.today);
  return group;
}

function showReceipt(sealed: Sealed, { keys }: Group): void {
  pending = null;
  const code = inGroups(sealed.code);
  find("write").replaceChildren();
  find("answers").replaceChildren();
  const address = `${location.origin}/${pageLanguage()}/return/`;
  const link = `${address}#${keys.fingerprint.replaceAll(" ", "")}`;
  const deletionDay = formatExpiry(sealed.expires, { lasting: true });
  find("code").textContent = code;
  find("return-address").textContent = address;
  find("return-code").replaceChildren(qr(link, t("A code that opens the page for your receipt")));
  find("deletion-day").textContent = deletionDay;
  const lines = [link, code, `${t("Your request will be deleted on:")} ${deletionDay}`];
  find("receipt-actions").replaceChildren(
    button(
      t("Copy"),
      () =>
        void copy(lines.join("\n")).then((done) =>
          tell(
            "copy-status",
            done
              ? t("Copied. Other apps on this device may read it.")
              : t("The digits could not be copied. Please write them down."),
          ),
        ),
      "secondary",
    ),
    button(t("Print"), print, "secondary"),
  );
  document.body.classList.add("receipt");
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  find("leave").replaceChildren(
    button(t("I have written it down"), () => {
      window.removeEventListener("beforeunload", warn);
      document.body.classList.remove("receipt");
      for (const id of ["code", "return-address", "return-code", "deletion-day"]) find(id).replaceChildren();
      find("more").replaceChildren(button(t("Write another request"), again, "secondary"));
      showOnly("done");
    }),
  );
  showOnly("receipt");
}

/** Somebody opens a poster's link on this page. The browser does not load the page for it. */
function onHashChange(): void {
  if (readFingerprint(location.hash).kind === "none") return;
  if (find("done").hidden) void verifyGroup();
  else again();
}

/** Print the receipt. Browsers print the page's title and name files after it, so it is the group's name meanwhile. */
function print(): void {
  const { title } = document;
  document.title = document.querySelector(".group span")!.textContent;
  window.print();
  document.title = title;
}

/** Load the page again, from its beginning. */
function again(): void {
  history.replaceState(null, "");
  location.reload();
}

/** Other pages start empty, so ask before a link leaves typed answers behind. */
function askBeforeLeaving(event: Event): void {
  const link = event.currentTarget as HTMLAnchorElement;
  if (isLeaving() || !find("receipt").hidden || !find("done").hidden || !forms.some((form) => form.touched)) return;
  event.preventDefault();
  const asking = find("leaving");
  const act = make("div", "", { class: "actions" });
  act.append(
    make("a", t("Continue"), { class: "button secondary", href: link.href }),
    button(t("Back to your answers"), () => (asking.hidden = true)),
  );
  asking.replaceChildren(make("p", t("If you leave this page, what you typed is lost.")), act);
  asking.hidden = false;
  asking.scrollIntoView();
  asking.focus();
}

async function start(): Promise<void> {
  keepFragment();
  for (const act of document.querySelectorAll(".act")) act.replaceChildren();
  document.documentElement.classList.add("ready");
  for (const link of document.querySelectorAll("header a, footer a, #have a"))
    link.addEventListener("click", askBeforeLeaving);
  // The link would add an entry to the history.
  document.querySelector(".skip[href='#main']")!.addEventListener("click", (event) => {
    event.preventDefault();
    find("main").focus();
  });
  // The browser must not restore typed answers from its memory of pages.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("hashchange", onHashChange);
  const open = forms.find((form) => form.element.open);
  if (open) steps.begin(open);
  await verifyGroup();
}

/** Verify the group before a person types. Show the problem, but leave the focus where it is: a person may be typing. */
async function verifyGroup(): Promise<void> {
  const problem = find("problem");
  problem.hidden = true;
  find("forms").hidden = false;
  try {
    group = await fetchGroup(linkedGroup());
    if (!group) showOnly("closed");
    else {
      for (const form of forms) form.showDates(group.today);
      snapshotOf(group);
    }
  } catch (error) {
    problem.textContent = errorMessage(error);
    problem.hidden = false;
    // Nothing can be sent from a link that is not whole, so ask nothing.
    find("forms").hidden = error instanceof Problem && error.kind === "broken-link" && !steps.current;
  }
}

void start();
