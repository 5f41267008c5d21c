/** The desk: sign in, the list, a case, the group. Keys live in `Member` alone; signing out or idling drops it. */
import { html, nothing, render, type TemplateResult } from "lit";
import * as cases from "./desk/cases.js";
import { caseView, freshCaseState, type CaseState } from "./desk/case_view.js";
import { Member } from "./desk/group.js";
import { groupView } from "./desk/group_view.js";
import { Idle } from "./desk/idle.js";
import { freshFilter, listView } from "./desk/list_view.js";
import { find } from "./dom.js";
import { inWords } from "./net.js";
import { t } from "./words.js";

const state = {
  me: null as Member | null,
  handle: "", secret: "", paper: false,
  busy: null as number | null,
  problem: "", said: "",
  place: "list" as "list" | "case" | "group",
  found: null as { cases: cases.OpenCase[]; broken: number } | null,
  loading: "",
  filter: freshFilter(),
  case: null as CaseState | null,
  warned: false,
};
export type State = typeof state;

let shown = "false list ";

function draw(change: Partial<State> = {}): void {
  Object.assign(state, change);
  render(state.me ? frame(state.me) : signIn(), find("desk"));
  const view = `${state.me !== null} ${state.place} ${state.case?.opened.id ?? ""}`;
  // Another view: who cannot see it hears its heading, and the keyboard goes on from there.
  if (view !== shown) document.querySelector<HTMLElement>("#desk h1")?.focus();
  shown = view;
}

/** Run something that may fail; what is typed stays. */
async function attempt(work: () => Promise<void>): Promise<void> {
  draw({ problem: "", said: "" });
  try {
    await work();
  } catch (error) {
    draw({ problem: inWords(error), busy: null, loading: "" });
  }
}

const idle = new Idle({
  warn: () => draw({ warned: true }),
  resume: () => draw({ warned: false }),
  leave: () => void leave(t("You were signed out after 15 minutes without a touch. A reply that you had begun is kept in its case.")),
  touch: () => state.me?.refresh().catch(() => undefined),
});

const signIn = (): TemplateResult => html`
  <h1 tabindex="-1">${t("Desk")}</h1>
  ${state.said ? html`<p class="notice" role="status">${state.said}</p>` : nothing}
  ${state.problem ? html`<p class="notice error" role="alert">${state.problem}</p>` : nothing}
  <form @submit=${(event: Event) => { event.preventDefault(); void attempt(enter); }}>
    <div class="field"><label for="handle">${t("Handle")}</label>
      <input id="handle" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" dir="auto" required
        .value=${state.handle} @input=${(event: Event) => (state.handle = (event.target as HTMLInputElement).value)}></div>
    <div class="field"><label for="secret">${state.paper ? t("The 40 digits of your paper code") : t("Passphrase")}</label>
      <input id="secret" type=${state.paper ? "text" : "password"} inputmode=${state.paper ? "numeric" : "text"} autocomplete=${state.paper ? "off" : "current-password"} required
        .value=${state.secret} @input=${(event: Event) => (state.secret = (event.target as HTMLInputElement).value)}></div>
    <div class="actions">
      <button ?disabled=${state.busy !== null}>${t("Sign in")}</button>
      <button type="button" class="secondary" @click=${() => draw({ paper: !state.paper, secret: "", problem: "" })}>${state.paper ? t("Use my passphrase") : t("Use my paper code")}</button>
    </div>
    ${state.busy === null ? nothing : html`<p role="status">${t("Opening your keys. This takes a few seconds on purpose.")}</p><progress max="1" .value=${state.busy}></progress>`}
  </form>`;

async function enter(): Promise<void> {
  draw({ busy: 0 });
  try {
    const me = await Member.signIn(state, (busy) => draw({ busy }));
    idle.start();
    draw({ me, secret: "", busy: null, place: "list" });
  } catch (error) {
    const wrong = error instanceof Error && error.message === "sign-in";
    return draw({ busy: null, problem: wrong ? t("Handle and passphrase do not fit.") : inWords(error) });
  }
  await attempt(load);
}

/** Forget every key; keep a half-written reply as a sealed draft first. */
async function leave(said: string): Promise<void> {
  const me = state.me;
  if (!me) return;
  idle.stop();
  const kept = keepDraft(me).catch(() => undefined);
  draw({ me: null, found: null, case: null, warned: false, filter: freshFilter(), said, problem: "", loading: "" });
  await kept;
  await me.signOut().catch(() => undefined);
}

async function keepDraft(me: Member): Promise<void> {
  const now = state.case;
  if (!now || now.reply === cases.draftOf(now.opened)) return;
  await cases.draft(me, await cases.look(me, now.opened.id), now.reply);
}

async function load(): Promise<void> {
  const me = state.me!;
  draw({ loading: t("Opening your cases…") });
  await me.refresh();
  const found = await cases.all(me, (done, of) => draw({ loading: `${t("Opening your cases…")} ${done} / ${of}` }));
  if (state.me === me) draw({ found, loading: "" });
}

async function openCase(id: string): Promise<void> {
  draw({ loading: t("Opening the case…") });
  const opened = await cases.open(state.me!, id);
  draw({ case: freshCaseState(opened), place: "case", loading: "" });
}

async function backToList(): Promise<void> {
  const me = state.me!;
  await keepDraft(me);
  draw({ case: null, place: "list" });
  await load();
}

const frame = (me: Member): TemplateResult => html`
  ${state.warned ? html`<div class="notice" role="alertdialog" aria-label=${t("Are you still there?")}>
    <p>${t("Are you still there? In two minutes all keys are forgotten and you are signed out.")}</p>
    <button type="button" @click=${() => idle.stay()}>${t("I am here")}</button></div>` : nothing}
  <div class="actions">
    <button type="button" class="secondary" ?disabled=${state.place === "list"} @click=${() => void attempt(backToList)}>${t("Cases")}</button>
    <button type="button" class="secondary" ?disabled=${state.place === "group"} @click=${() => void attempt(async () => { await keepDraft(me); draw({ case: null, place: "group" }); await me.refresh(); draw(); })}>${t("Group")}</button>
    <button type="button" class="secondary" @click=${() => void leave(t("You are signed out. No key is left in this browser."))}>${t("Sign out")}</button>
  </div>
  ${state.problem ? html`<p class="notice error" role="alert">${state.problem}</p>` : nothing}
  <p role="status" class="about">${state.loading || state.said}</p>
  ${state.place === "group" ? groupView(me, { attempt, draw })
    : state.place === "case" && state.case ? caseView(me, state.case, { attempt, draw: (said = "") => draw({ said }), done: (said) => backToList().then(() => draw({ said })) })
    : listView(state.found, state.filter, () => draw(), (id) => void attempt(() => openCase(id)))}`;

// A page from the browser's memory would come back with its keys.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
draw();
