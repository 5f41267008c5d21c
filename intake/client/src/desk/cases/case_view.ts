/** One case: what was asked, what was said and noted, and what a coordinator can do. */
import { html, nothing, type TemplateResult } from "lit";
import { type Entry, STATUSES, type StatusName } from "../../crypto/entry.js";
import { addDays } from "../../crypto/encoding.js";
import { find } from "../../page/dom.js";
import { dayInWords, t } from "../../page/i18n.js";
import * as cases from "./cases.js";
import type { OpenCase } from "./cases.js";
import type { Member } from "../member/member.js";
import { row } from "./list_view.js";
import { shown } from "../escape.js";
import { duplicates, suggestions } from "./pairs.js";
import type { Row } from "./rows.js";
import { statusInWords } from "./status.js";

/** A case on the screen, and what is being typed about it. */
export interface CaseState {
  opened: OpenCase;
  reply: string;
  note: string;
  colleague: string;
  reason: string;
  until: string;
  sure: "" | "close" | "hand over";
  /** Rows of other cases that may go with this one, or may be the same person's. */
  suggested: Row[];
  alike: Row[];
  /** The list that it was opened from. */
  rows: Row[];
}
export function freshCaseState(opened: OpenCase, rows: Row[]): CaseState {
  const own = rows.find((row) => row.id === opened.id);
  return {
    opened,
    reply: cases.draftOf(opened),
    note: "",
    reason: "",
    until: "",
    colleague: "",
    sure: "",
    suggested: own ? suggestions(own, rows) : [],
    alike: own ? duplicates(own, rows) : [],
    rows,
  };
}

/** Replace the case by a later state of it. Returns false for an answer that is older than what is shown: a later one overtook it. */
export function renewCase(now: CaseState, fresh: OpenCase): boolean {
  const { shared, desk } = now.opened.last;
  if (fresh.last.shared.number < shared.number || fresh.last.desk.number < desk.number) return false;
  now.opened = fresh;
  return true;
}

export interface Doing {
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (said?: string) => void;
  done: (said: string) => Promise<void>;
  open: (id: string) => void;
  hide: (id: string) => Promise<void>;
}

export function caseView(me: Member, now: CaseState, doing: Doing): TemplateResult {
  const one = now.opened;
  const request = cases.requestOf(one);
  /** Do something to the case as it is now, then show it anew; what else is being typed stays. */
  const act: Act = (work, said) => () =>
    void doing.attempt(async () => {
      await work();
      renewCase(now, await cases.look(me, one.id));
      doing.draw(said);
    });
  return html`
    <h1 tabindex="-1">${request.direction === "offer" ? t("An offer") : t("A request")}${request.name ? html`: <span dir="auto" translate="no">${shown(request.name)}</span>` : nothing}</h1>
    ${warnings(one)}
    <div class="columns">
      <div>${asked(one)}${said(me, one)}${answering(now, act, me)}</div>
      <div>${standing(one, act, me)}${noting(me, now, act)}${others(me, now, act, doing)}${assigning(me, now, doing)}${holding(me, now, act)}${closing(now, doing)}</div>
    </div>`;
}

type Act = (work: () => Promise<unknown>, said: string) => () => void;

/** Act on what is typed in a field; with nothing in it, go there instead. */
const unlessEmpty = (id: string, act: () => void) => (): void => {
  const field = find<HTMLTextAreaElement>(id);
  if (field.value.trim()) act();
  else field.focus();
};

function warnings(one: OpenCase): TemplateResult {
  const warned = (kind: string): boolean => one.warnings.some((warning) => warning.kind === kind);
  return html`
    ${warned("missing") ? html`<p class="notice error" role="alert">${t("Something in this case is missing or was changed on the way. What you see may not be all.")}</p>` : nothing}
    ${warned("late") ? html`<p class="notice error" role="alert">${t("The computer keeps this case longer than its requester chose. Tell whoever runs it.")}</p>` : nothing}
    ${warned("behind") ? html`<p class="notice error" role="alert">${t("Something in this case was signed as if by an older list of members. It is left out. Tell your colleagues.")}</p>` : nothing}
    ${warned("dates") ? html`<p class="notice">${t("The days in this case do not follow each other: somebody signed with another day.")}</p>` : nothing}
    ${one.sealedBy === "server" ? html`<p class="notice">${t("This was locked or opened by our computer, not by a browser: it could have read it.")}</p>` : nothing}`;
}

function asked(one: OpenCase): TemplateResult {
  const { contact, deletion } = cases.requestOf(one);
  const yesNo = (value: string): string => (value === "yes" ? t("Yes") : value === "no" ? t("No") : "");
  const rows: [string, string][] = [
    ...cases
      .answersOf(cases.requestOf(one))
      .map((answer): [string, string] => [
        answer.text,
        (answer.labels.length ? answer.labels : answer.values).join("\n"),
      ]),
    [t("How to reach them"), contact.how],
    [t("May we leave a voicemail?"), yesNo(contact.voicemail)],
    [t("May we say who we are?"), yesNo(contact.say_who)],
    [t("A safe time"), contact.safe_time],
    [t("Contact"), contact.return_only ? t("Do not contact them: they come back with their receipt.") : ""],
  ];
  return html`<dl>${rows.filter(([, words]) => words).map(([label, words]) => html`<dt dir="auto">${shown(label)}</dt><dd dir="auto" translate="no">${shown(words)}</dd>`)}</dl>
    <p class="about">${t("Came on %(day)s", { day: dayInWords(one.shared[0]!.day) })} · ${t("goes on %(day)s", { day: dayInWords(one.expires) })}
      ${one.expires === deletion ? nothing : html`· ${t("asked to be deleted by %(day)s", { day: dayInWords(deletion) })}`}</p>`;
}

function said(me: Member, one: OpenCase): TemplateResult {
  const messages = one.shared.filter((entry) => entry.kind === "message" || entry.kind === "correction");
  return html`<h2>${t("Messages")}</h2>
    ${messages.length ? messages.map((entry) => box(me, entry)) : html`<p class="about">${t("None yet.")}</p>`}`;
}

function box(me: Member, entry: Entry): TemplateResult {
  const who = entry.author
    ? me.nameOf(entry.author)
    : entry.kind === "correction"
      ? t("Their correction")
      : t("They wrote");
  return html`<section class="entry ${entry.author ? "ours" : ""}">
    <p class="about"><span dir="auto">${who}</span> · ${dayInWords(entry.day)}</p>
    <p dir="auto" translate="no">${"text" in entry.content ? shown(entry.content.text) : ""}</p></section>`;
}

function answering(now: CaseState, act: Act, me: Member): TemplateResult {
  return html`<div class="field"><label for="reply">${t("Reply")}</label>
    <p class="hint" id="reply-hint">${t("They read it with their receipt. A reply that you leave half-written is kept, locked, in the case.")}</p>
    <textarea id="reply" rows="4" dir="auto" autocomplete="off" spellcheck="false" aria-describedby="reply-hint"
      .value=${now.reply} @input=${(event: Event) => (now.reply = (event.target as HTMLTextAreaElement).value)}></textarea></div>
    <div class="actions"><button type="button" @click=${unlessEmpty(
      "reply",
      act(async () => {
        const words = now.reply.trim();
        await cases.reply(me, now.opened.id, words);
        now.reply = "";
        if (cases.draftOf(now.opened)) await cases.draft(me, now.opened.id, "");
      }, t("The reply is sent.")),
    )}>${t("Send the reply")}</button></div>`;
}

function standing(one: OpenCase, act: Act, me: Member): TemplateResult {
  return html`<div class="field"><label for="status">${t("Status")}</label>
    <select id="status" @change=${(event: Event) => {
      const chosen = (event.target as HTMLSelectElement).value as StatusName;
      act(() => cases.setStatus(me, one.id, chosen), t("The status is changed."))();
    }}>${STATUSES.map((status) => html`<option value=${status} ?selected=${cases.statusOf(one) === status}>${statusInWords(status)}</option>`)}</select></div>`;
}

function noting(me: Member, now: CaseState, act: Act): TemplateResult {
  const notes = now.opened.desk.filter((entry) => entry.kind === "note");
  return html`<h2>${t("Notes")}</h2>
    <p class="hint">${t("For colleagues of this case alone. The requester cannot read them.")}</p>
    ${notes.map((entry) => box(me, entry))}
    <div class="field"><label for="note">${t("A new note")}</label>
      <textarea id="note" rows="2" dir="auto" autocomplete="off" spellcheck="false"
        .value=${now.note} @input=${(event: Event) => (now.note = (event.target as HTMLTextAreaElement).value)}></textarea></div>
    <div class="actions"><button type="button" class="secondary" @click=${unlessEmpty(
      "note",
      act(async () => {
        await cases.note(me, now.opened.id, now.note.trim());
        now.note = "";
      }, t("The note is kept.")),
    )}>${t("Keep the note")}</button></div>`;
}

function others(me: Member, now: CaseState, act: Act, doing: Doing): TemplateResult | typeof nothing {
  const matched = cases.matchesOf(now.opened);
  const suggested = now.suggested.filter((row) => !matched.includes(row.id));
  return html`
    ${now.alike.length ? html`<h2>${t("Perhaps the same person")}</h2><ul class="cases">${now.alike.map((one) => html`<li>${row(one, doing.open)}</li>`)}</ul>` : nothing}
    ${
      matched.length
        ? html`<h2>${t("Goes with")}</h2>${html`<ul class="cases">${matched.map((id) =>
            goesWith(
              now.rows.find((other) => other.id === id),
              id,
              doing,
            ),
          )}</ul>`}`
        : nothing
    }
    ${
      suggested.length
        ? html`<h2>${cases.requestOf(now.opened).direction === "offer" ? t("Needs that it may meet") : t("Offers that may help")}</h2>
      <ul class="cases">${suggested.map(
        (one) => html`<li>${row(one, doing.open)}
        <button type="button" class="secondary" @click=${act(() => cases.match(me, now.opened.id, one.id), t("The two are linked."))}>${t("Link the two")}</button></li>`,
      )}</ul>`
        : nothing
    }`;
}

/** Whoever does not hold the other case is told so when they open it. */
const goesWith = (other: Row | undefined, id: string, doing: Doing): TemplateResult =>
  html`<li>${
    other
      ? row(other, doing.open)
      : html`<button type="button" class="link" @click=${() => doing.open(id)}>${t("Open the other case")}</button>`
  }</li>`;

function assigning(me: Member, now: CaseState, doing: Doing): TemplateResult {
  const one = now.opened;
  const others = [...me.seats.keys()].filter((member) => member !== me.id);
  const chosen = now.colleague || others[0] || "";
  const change = (work: () => Promise<void>, words: string) => () =>
    void doing.attempt(async () => {
      await work();
      await doing.done(words);
    });
  return html`<h2>${t("Who has this case")}</h2>
    <p dir="auto">${one.holders.map((member) => me.nameOf(member)).join(", ")}</p>
    ${
      others.length === 0
        ? html`<p class="hint">${t("You have no colleagues yet. Invite one under Group.")}</p>`
        : html`
      <div class="field"><label for="colleague">${t("A colleague")}</label>
        <select id="colleague" @change=${(event: Event) => (now.colleague = (event.target as HTMLSelectElement).value)}>
          ${others.map((member) => html`<option value=${member} ?selected=${member === chosen}>${me.nameOf(member)}</option>`)}</select></div>
      ${
        now.sure === "hand over"
          ? html`
        <p>${t("You will no longer see what comes after this. New keys are made for it.")}</p>
        <div class="actions">
          <button type="button" @click=${change(async () => cases.handOver(me, await cases.look(me, one.id), now.colleague || chosen), t("It is handed over."))}>${t("Yes, hand it over")}</button>
          <button type="button" class="secondary" @click=${() => {
            now.sure = "";
            doing.draw();
          }}>${t("No")}</button>
        </div>`
          : html`
        <div class="actions">
          <button type="button" class="secondary" @click=${change(async () => {
            const fresh = await cases.look(me, one.id);
            if (!fresh.holders.includes(now.colleague || chosen)) await cases.share(me, fresh, now.colleague || chosen);
          }, t("It is shared."))}>${t("Share")}</button>
          <button type="button" class="secondary" @click=${() => {
            now.sure = "hand over";
            doing.draw();
          }}>${t("Hand over")}</button>
          <button type="button" class="secondary" @click=${change(async () => cases.sendBack(me, await cases.look(me, one.id)), t("It is given back: a colleague has it now."))}>${t("I can no longer help")}</button>
        </div>`
      }`
    }`;
}

/** Keep a case although it is closed: two coordinators sign it, the requester reads why. */
function holding(me: Member, now: CaseState, act: Act): TemplateResult | typeof nothing {
  const one = now.opened;
  const { hold } = one;
  const end = html`<button type="button" class="secondary" @click=${act(() => cases.endHold(one.id), t("It is no longer kept."))}>${t("Do not keep it")}</button>`;
  if (hold) {
    const day = dayInWords(hold.until);
    return html`<h2>${t("Keep longer")}</h2>
      <p class="notice">${hold.inForce ? t("Kept until %(day)s, even when it is closed.", { day }) : t("%(name)s asks to keep it until %(day)s, even when it is closed.", { name: me.nameOf(hold.by[0]!), day })}</p>
      <p dir="auto" translate="no">${shown(hold.reason)}</p>
      <p class="about" dir="auto">${hold.by.map((member) => me.nameOf(member)).join(", ")}</p>
      <div class="actions">${
        hold.inForce || hold.by.includes(me.id)
          ? nothing
          : html`
        <button type="button" @click=${act(() => cases.agreeToHold(me, one), t("It is kept."))}>${t("I agree")}</button>`
      }${end}</div>`;
  }
  const tomorrow = addDays(me.today, 1);
  if (me.seats.size < 2 || one.latest <= tomorrow) return nothing;
  return html`<details class="keep"><summary>${t("Keep longer")}</summary>
    <p class="hint">${t("A closed case goes some days later. With a second signature it is kept until the day you choose, never longer than its requester was told. They can read the reason.")}</p>
    <div class="field"><label for="until">${t("Until")}</label>
      <input id="until" type="date" min=${tomorrow} max=${one.latest} .value=${now.until || one.latest} @input=${(event: Event) => (now.until = (event.target as HTMLInputElement).value)}></div>
    <div class="field"><label for="reason">${t("Why")}</label>
      <textarea id="reason" rows="2" maxlength="2000" dir="auto" autocomplete="off" spellcheck="false"
        .value=${now.reason} @input=${(event: Event) => (now.reason = (event.target as HTMLTextAreaElement).value)}></textarea></div>
    <div class="actions"><button type="button" class="secondary" @click=${unlessEmpty(
      "reason",
      act(async () => {
        await cases.proposeHold(me, one.id, now.until || one.latest, now.reason.trim());
        now.reason = "";
      }, t("A colleague has to agree.")),
    )}>${t("Ask to keep it")}</button></div></details>`;
}

function closing(now: CaseState, doing: Doing): TemplateResult | typeof nothing {
  const one = now.opened;
  if (!one.open)
    return html`<p class="notice">${t("This case is closed. It goes on %(day)s.", { day: dayInWords(one.expires) })}</p>`;
  return html`<h2>${t("Close")}</h2>
    ${
      now.sure === "close"
        ? html`
      <p>${t("A closed case is deleted some days later, and nobody can write in it any more.")}</p>
      <div class="actions">
        <button type="button" class="danger" @click=${() =>
          void doing.attempt(async () => {
            const day = await cases.close(one);
            await doing.done(t("It is closed and goes on %(day)s.", { day: dayInWords(day) }));
          })}>${t("Yes, close it")}</button>
        <button type="button" class="secondary" @click=${() => {
          now.sure = "";
          doing.draw();
        }}>${t("No")}</button>
      </div>`
        : html`<div class="actions"><button type="button" class="danger" @click=${() => {
            now.sure = "close";
            doing.draw();
          }}>${t("Close this case")}</button>
        <button type="button" class="secondary" @click=${() => void doing.attempt(() => doing.hide(one.id))}>${t("Spam: hide it, and more like it")}</button></div>`
    }`;
}
