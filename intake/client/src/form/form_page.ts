/**
 * The form: questions, check page, sending. The page has no native form, so nothing can be sent before this script runs, even
 * with Enter. Two pages use it: the public one, and the one on which a member writes down what somebody tells them.
 */
import { today as ownToday } from "../crypto/encoding.js";
import { expiryDay } from "../crypto/expiry.js";
import { head } from "../crypto/keylist/keylist.js";
import { useWorker } from "../page/argon2id.js";
import { button, find, keepFragment, showOnly, showMessage } from "../page/dom.js";
import "../page/form_state.js";
import { askBeforeLeaving, type Loss, reload } from "../page/leaving.js";
import { titlePrints } from "../page/print_title.js";
import { adopt, fetchPage, fitsThisScript, nameInAddress } from "../page/other_page.js";
import { ProgressBar } from "../page/progress_bar.js";
import { answersView } from "./answers_view.js";
import { fillIn, hold, type Orphan } from "./carried.js";
import { isOutdated, offerNewForm } from "./changed_form.js";
import { EarlyReceipt, type Stretched } from "./early_receipt.js";
import { Form } from "./questions.js";
import { Steps } from "./steps.js";
import { type Group, fetchGroup, snapshotOf } from "../net/group.js";
import { linkedGroup, readFingerprint } from "../net/link.js";
import { errorMessage } from "../page/error_messages.js";
import { type Patience, Problem } from "../net/api.js";
import { startAgain } from "./receipt_view.js";
import { seal, type Sealed, send, type Typed, type Writer } from "./submit.js";
import { t } from "../page/i18n.js";
import { preload } from "../page/late_qr.js";

/** What differs between the pages that use the form. */
export interface Purpose {
  /** Show the receipt of a request that was sent. */
  showReceipt: (sealed: Sealed, fingerprint: string) => void;
  /** Called after the main part was replaced, for example by another language's. */
  renewed?: () => void;
  /** The member who writes the request down, and the id of its case. */
  writer?: () => Promise<Writer>;
  /** Called when the answers were changed after a failed attempt to send. The next request is another case. */
  forgetWriter?: () => void;
}

const TRIES = 12; // to send one request: about a minute and a half without a connection

useWorker();
preload();
const formsOfPage = (earlier: Form[] = []): Form[] =>
  [...document.querySelectorAll<HTMLDetailsElement>("details.form")].map(
    (element) =>
      new Form(
        element,
        earlier.find(({ id }) => id === element.dataset.form),
      ),
  );
let forms = formsOfPage();
const steps = new Steps(forms, check);
const early = new EarlyReceipt();
let typing = false;
let group: Group | null = null;
let pending: { typed: string; sealed: Sealed } | null = null;
/** The expiry day that the check page shows. Nothing is sent with another one. */
let agreed = "";
let purpose: Purpose;

/** Thrown if the expiry day is no longer the one that the person agreed to, because midnight UTC has passed. */
class DayChangedError extends Error {}

/** Show what will be sent, each answer with a link to change it. */
function check(form: Form): void {
  const typed = form.read();
  agreed = expiryDay(group?.today ?? ownToday(), typed.days);
  find("answers").replaceChildren(...answersView(form, typed, agreed, (step) => steps.change(form, step)));
  showMessage("send-problem", "");
  find("send").replaceChildren(
    button(t("Lock and send"), () => void sealAndSend(form)),
    button(t("Back"), () => history.back(), "secondary"),
  );
  showOnly("check");
}

async function sealAndSend(form: Form): Promise<void> {
  // Until the server answers, nothing can be changed or sent again, because each request has one receipt.
  const buttons = [...find("check").querySelectorAll("button")];
  const holdPage = (held: boolean): void => {
    steps.held = held;
    for (const element of buttons) element.disabled = held;
  };
  holdPage(true);
  const say = (words: string): void => void ([find("sending").hidden, find("sending").textContent] = [!words, words]);
  const patience = {
    tries: TRIES,
    onDown: () =>
      say(t("The connection dropped. We keep trying. What you wrote is still here, and it will arrive only once.")),
  };
  say(t("Locking and sending…"));
  showMessage("send-problem", "");
  try {
    await sealOnce(form.read(), patience);
  } catch (error) {
    holdPage(false);
    if (error instanceof DayChangedError) {
      pending = null;
      check(form);
      showMessage(
        "send-problem",
        t(
          "Your request was not sent yet. A new day has begun, so the date when it will be deleted has changed. Please check the new date, then send your request.",
        ),
      );
      return;
    }
    if (isOutdated(error)) {
      pending = null; // the same bytes would be refused again
      offerNewForm((page) => renewForm(form.id, page));
    } else showMessage("send-problem", `${errorMessage(error)} ${t("What you wrote is still here.")}`);
  } finally {
    say("");
  }
}

async function sealOnce(typed: Typed, patience: Patience): Promise<void> {
  const written = JSON.stringify(typed);
  const sealNow = async (): Promise<Sealed> => {
    const current = await fetchAgain(patience);
    if (expiryDay(current.today, typed.days) !== agreed) throw new DayChangedError();
    return seal(typed, agreed, current, await stretched(current), patience, await purpose.writer?.());
  };
  // After a lost answer, send the same bytes again: the server may have stored them.
  if (pending?.typed !== written) {
    if (pending) {
      early.forget(); // each request has a receipt of its own
      purpose.forgetWriter?.();
    }
    pending = { typed: written, sealed: await sealNow() };
  }
  pending.sealed = await send(pending.sealed, sealNow, patience);
  const { sealed } = pending;
  pending = null;
  early.forget();
  find("write").replaceChildren();
  find("answers").replaceChildren();
  purpose.showReceipt(sealed, group!.keys.fingerprint.replaceAll(" ", ""));
}

/** Fetch the group again, which may only have grown, and the server's day. */
async function fetchAgain(patience: Patience): Promise<Group> {
  const seen = group && { number: group.keys.entries.length - 1, hash: head(group.keys) };
  group = await fetchGroup({ ...linkedGroup(), ...(seen ? { seen } : {}) }, patience);
  if (!group) throw new Problem("not-open");
  for (const form of forms) form.showDates(group.today);
  return group;
}

/** Wait for the receipt, with a bar where that takes long. */
async function stretched({ keys }: Group): Promise<Stretched> {
  const words = t("Your browser needs some time to lock your request. Please keep this page open.");
  const progress = new ProgressBar(find("sending"), words);
  try {
    return await early.take(keys.group, (done) => progress.update(done));
  } finally {
    progress.end();
  }
}

/** Handle a poster's link that is opened on this page. The browser does not load the page again for it. */
function onHashChange(): void {
  if (readFingerprint(location.hash).kind === "none") return;
  if (find("done").hidden) void verifyGroup();
  else startAgain();
}

/** What leaving the page loses: nothing before something is typed, and nothing after it was sent. */
const loss = (): Loss | null =>
  !find("receipt").hidden || !find("done").hidden || !forms.some((form) => form.touched)
    ? null
    : { words: t("If you leave this page, what you typed is lost."), leave: t("Leave and lose your answers") };

/** Show the page in another language, with everything that is typed. */
export async function inLanguage(address: string): Promise<void> {
  const page = await fetchPage(address);
  if (steps.held || !fitsThisScript(page)) throw new Problem("stale");
  renew(page);
  nameInAddress(address);
  document.querySelector<HTMLElement>(".languages summary")!.focus({ preventScroll: true });
}

/** Replace the page by another version of it. Return the answers to questions that it does not ask. */
function renew(page: Document): Orphan[] {
  const held = hold();
  adopt(page);
  forms = formsOfPage(forms);
  if (group) for (const form of forms) form.showDates(group.today);
  const orphans = fillIn(held);
  prepare();
  steps.renew(forms);
  return orphans;
}

/** Show the group's new form in place of one that it has changed, at the first question that a person should look at. */
function renewForm(id: string, page: Document): Orphan[] {
  const orphans = renew(page);
  const form = forms.find((other) => other.id === id);
  if (form) steps.change(form, orphans.length ? form.steps[0]!.id : `${form.id}-days-step`);
  return orphans;
}

/** Prepare the main part of the page, as it came from the server. */
function prepare(): void {
  for (const actions of document.querySelectorAll(".form-actions")) actions.replaceChildren();
  purpose.renewed?.();
}

/** Begin to stretch the receipt once the person types and the group is known. */
function stretchEarly(): void {
  if (typing && group?.snapshot) void early.begin(group.keys.group).catch(() => undefined);
}

/** Start the page. */
export async function start(ofPage: Purpose): Promise<void> {
  purpose = ofPage;
  keepFragment();
  prepare();
  document.documentElement.classList.add("ready");
  askBeforeLeaving(loss, inLanguage);
  const onFirstInput = (): void => {
    typing = true;
    stretchEarly();
  };
  document.addEventListener("input", onFirstInput, { once: true });
  // The link would add an entry to the history.
  document.querySelector(".skip[href='#main']")!.addEventListener("click", (event) => {
    event.preventDefault();
    find("main").focus();
  });
  // The browser must not restore typed answers from its memory of pages.
  addEventListener("pageshow", (event) => event.persisted && reload());
  addEventListener("hashchange", onHashChange);
  titlePrints(() => !find("receipt").hidden);
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
    stretchEarly();
  } catch (error) {
    problem.textContent = errorMessage(error);
    problem.hidden = false;
    // Nothing can be sent from a link that is not whole, so ask nothing.
    find("forms").hidden = error instanceof Problem && error.kind === "broken-link" && !steps.current;
  }
}
