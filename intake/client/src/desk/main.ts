/** The desk: sign in, the list, a case, the group, one's keys. Keys live in `Member` and its workers alone; signing out or idling drops them. */
import { gone } from "../page/quick_exit.js";
import { html, nothing, render, type TemplateResult } from "lit";
import * as cases from "./cases/cases.js";
import { caseView, freshCaseState, renewCase, type CaseState } from "./cases/case_view.js";
import { Events } from "./events.js";
import { freshFilter, matching } from "./cases/filter.js";
import type { Member } from "./member/member.js";
import { groupView } from "./group/group_view.js";
import { Idle } from "./idle.js";
import { forget, keysView } from "./keys/keys_view.js";
import { all, one, put, type Found, Opener } from "./cases/list.js";
import { listView, type ListState } from "./cases/list_view.js";
import { renew, toOpen } from "./group/recovery.js";
import { forgetNotices, loadNotices } from "./keys/notices_view.js";
import { forgetSpam, isSpam, mark } from "./cases/spam.js";
import { forgetPasskeys, loadStrict } from "./keys/passkeys_view.js";
import { forgetSessions, loadSessions } from "./keys/sessions_view.js";
import { ready } from "./group/rules_view.js";
import { signInView } from "./sign_in_view.js";
import * as upkeep from "./upkeep.js";
import { Windowed } from "./cases/windowed.js";
import { find } from "../page/dom.js";
import { inWords } from "./error_messages.js";
import { t } from "../page/i18n.js";

type Place = "list" | "case" | "group" | "keys";
const freshList = (): ListState => ({ filter: freshFilter(), view: "", side: false, shown: [], hidden: 0 });
const state = {
  me: null as Member | null,
  problem: "",
  said: "",
  loading: "",
  /** Work that the client does by itself. */
  work: null as { words: string; done: number; of: number } | null,
  place: "list" as Place,
  found: null as Found | null,
  list: freshList(),
  case: null as CaseState | null,
  warned: false,
};
type State = typeof state;

const windowed = new Windowed("cases", () => draw());
const events = new Events();
let opener: Opener | null = null;
let shown = "false list ";

function draw(change: Partial<State> = {}): void {
  if (gone()) return; // what was under way when somebody left has no page any more
  Object.assign(state, change);
  render(state.me ? frame(state.me) : signInView(state.said, () => draw(), entered), find("desk"));
  if (state.place === "list") windowed.settle(state.list.shown.length);
  const view = `${state.me !== null} ${state.place} ${state.case?.opened.id ?? ""}`;
  // Another view: who cannot see it hears its heading, and the keyboard goes on from there.
  if (view !== shown) document.querySelector<HTMLElement>("#desk h1")?.focus();
  shown = view;
}

/** Run something that may fail; what is typed stays. */
async function attempt(work: () => Promise<void>): Promise<void> {
  const me = state.me;
  draw({ problem: "", said: "" });
  try {
    await work();
  } catch (error) {
    if (state.me === me) draw({ problem: inWords(error), loading: "", work: null });
  }
}

const forgetAll = (): void => {
  forget();
  forgetPasskeys();
  forgetSessions();
  forgetSpam();
  forgetNotices();
};

const progress =
  (words: string) =>
  (done: number, of: number): void =>
    draw({ work: done < of ? { words, done, of } : null });

const idle = new Idle({
  warn: () => draw({ warned: true }),
  resume: () => draw({ warned: false }),
  leave: () =>
    void leave(
      t("You were signed out after 15 minutes without a touch. A reply that you had begun is kept in its case."),
    ),
  touch: () => void state.me?.refresh().catch(() => undefined),
});

function entered(me: Member): void {
  idle.start();
  opener = new Opener();
  events.start(
    (id) => void changed(id),
    () => void attempt(load),
  );
  me.onChange = () => {
    if (state.me === me) draw();
  };
  draw({ me, said: "", place: "list" });
  void attempt(async () => {
    await load();
    await upkeep.first(me, progress(t("Renewing your keys…")));
    await afterList(me);
  });
}

/** Forget every key; keep a half-written reply as a sealed draft first. */
async function leave(said: string): Promise<void> {
  const me = state.me;
  if (!me) return;
  idle.stop();
  events.stop();
  opener?.close();
  turns.clear();
  changedMeanwhile.clear();
  loading = Promise.resolve();
  forgetAll();
  ready.found = [];
  const kept = keepDraft(me).catch(() => undefined);
  draw({
    me: null,
    found: null,
    case: null,
    warned: false,
    list: freshList(),
    said,
    problem: "",
    loading: "",
    work: null,
  });
  await kept;
  await me.signOut().catch(() => undefined);
}

async function keepDraft(me: Member): Promise<void> {
  const now = state.case;
  if (!now || now.reply === cases.draftOf(now.opened)) return;
  await cases.draft(me, now.opened.id, now.reply);
}

/** Back to the list, without the case and what is like it. */
async function hideSpam(id: string): Promise<void> {
  const row = state.found?.rows.find((one) => one.id === id);
  if (row) mark(row);
  await backToList();
  sift();
}

function sift(): void {
  const { me, found, list } = state;
  const fitting = me && found ? matching(found.rows, list.filter, me.today) : [];
  list.shown = fitting.filter((row) => !isSpam(row));
  list.hidden = fitting.length - list.shown.length;
  draw();
}

/** Cases that changed since the present load of the list began: its pages may be older. */
const changedMeanwhile = new Set<string>();
let loading: Promise<void> = Promise.resolve();

/** Load the list. One load runs after the other, so that an earlier one never replaces what a later one showed. */
function load(): Promise<void> {
  const me = state.me!;
  loading = loading.catch(() => undefined).then(() => reload(me));
  return loading;
}

async function reload(me: Member): Promise<void> {
  const going = (): boolean => state.me === me;
  if (!going()) return;
  changedMeanwhile.clear();
  const before = state.found;
  const show = (found: Found): void => {
    if (!going()) return;
    state.found = found;
    sift();
  };
  // Taken anew, the list stays as it is until all is there.
  show(await all(me, opener!, before?.rows ?? [], before ? () => undefined : show, going));
  if (!going()) return;
  for (const id of changedMeanwhile) await follow(id);
}

/** Cases that must be moved, with what the list told of them. */
async function afterList(me: Member): Promise<void> {
  const rows = state.found?.rows ?? [];
  if (!upkeep.behind(me, rows).length) return;
  const failed = await upkeep.second(me, rows, progress(t("Moving cases…")), () => state.me === me);
  draw({
    work: null,
    said: failed ? t("Some cases could not be moved: %(number)s.", { number: String(failed) }) : state.said,
  });
}

const turns = new Map<string, number>();

/** A case's row as it stands now. */
async function follow(id: string): Promise<void> {
  const { me, found } = state;
  if (!me || !found || !opener) return;
  const turn = (turns.get(id) ?? 0) + 1;
  turns.set(id, turn);
  const row = await one(me, opener, id);
  // What was asked for earlier may be answered later, and be older.
  if (state.me !== me || state.found !== found || turns.get(id) !== turn) return;
  put(found, id, row);
  sift();
}

/** Somebody changed a case, or a new one came: its row is read anew, and the case on the screen; what is being typed stays. */
async function changed(id: string): Promise<void> {
  changedMeanwhile.add(id);
  await follow(id).catch(() => undefined);
  const [me, now] = [state.me, state.case];
  if (!me || now?.opened.id !== id) return;
  try {
    const fresh = await cases.look(me, id);
    const untouched = now.reply === cases.draftOf(now.opened);
    if (state.case !== now || !renewCase(now, fresh)) return;
    if (untouched) now.reply = cases.draftOf(fresh);
    draw();
  } catch {
    // It was withdrawn or handed over: the next step in it says so.
  }
}

const openCase = (id: string): void =>
  void attempt(async () => {
    await keepDraft(state.me!);
    draw({ loading: t("Opening the case…") });
    const opened = await cases.open(state.me!, id);
    draw({ case: freshCaseState(opened, state.found?.rows ?? []), place: "case", loading: "" });
  });

async function backToList(): Promise<void> {
  const me = state.me;
  if (!me) return;
  await keepDraft(me);
  const left = state.case?.opened.id;
  draw({ case: null, place: "list" });
  await me.refresh();
  if (left) await follow(left);
  else await load();
}

const go = (place: Place) => (): void =>
  void attempt(async () => {
    const me = state.me!;
    forgetAll();
    if (place === "list") return backToList();
    await keepDraft(me);
    draw({ case: null, place });
    await me.refresh();
    if (place === "group") ready.found = await toOpen(me);
    if (place === "keys") await Promise.all([loadNotices(), loadSessions(), loadStrict()]);
    draw();
  });

const frame = (me: Member): TemplateResult => html`
  ${
    state.warned
      ? html`<div class="notice" role="alertdialog" aria-label=${t("Are you still there?")}>
    <p>${t("Are you still there? In two minutes all keys are forgotten and you are signed out.")}</p>
    <button type="button" @click=${() => idle.stay()}>${t("I am here")}</button></div>`
      : nothing
  }
  <div class="actions">
    <button type="button" class="secondary" ?disabled=${state.place === "list"} @click=${go("list")}>${t("Cases")}</button>
    <button type="button" class="secondary" ?disabled=${state.place === "group"} @click=${go("group")}>${t("Group")}</button>
    <button type="button" class="secondary" ?disabled=${state.place === "keys"} @click=${go("keys")}>${t("My keys")}</button>
    <a class="button secondary" href="../#${me.group.keys.fingerprint.replaceAll(" ", "")}" target="_blank" rel="noopener">${t("Take down a request for someone")}</a>
    <button type="button" class="secondary" @click=${() => void leave(t("You are signed out. No key is left in this browser."))}>${t("Sign out")}</button>
  </div>
  ${state.problem ? html`<p class="notice error" role="alert">${state.problem}</p>` : nothing}
  ${state.work ? html`<div class="notice"><p role="status">${state.work.words} ${state.work.done} / ${state.work.of}</p><progress max=${state.work.of} .value=${state.work.done}></progress></div>` : nothing}
  <p role="status" class="about">${state.loading || state.said}</p>
  ${view(me)}`;

function view(me: Member): TemplateResult {
  /** What ends after its member has signed out says nothing any more. */
  const redraw = (change: Partial<State> = {}): void => {
    if (state.me === me) draw(change);
  };
  const doing = {
    attempt,
    draw: redraw,
    progress,
    leave,
    settled: async () => {
      await renew(me);
      ready.found = await toOpen(me);
    },
  };
  switch (state.place) {
    case "group":
      return groupView(me, doing);
    case "keys":
      return keysView(me, doing);
    case "case":
      if (state.case) {
        return caseView(me, state.case, {
          attempt,
          draw: (said = "") => redraw({ said }),
          done: (said) => backToList().then(() => redraw({ said })),
          open: openCase,
          hide: hideSpam,
        });
      }
  }
  return listView(me, state.found, state.list, windowed, { draw: () => draw(), attempt, open: openCase, sift });
}

// A page from the browser's memory would come back with its keys.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
draw();
