/** Show one case: the request, the messages and the notes. */
import { type Entry, STATUSES, type StatusName } from "../../crypto/entry.js";
import { formatDay, t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";
import { type Member } from "../member/member.js";
import { assigning, closing, holding } from "./case_handling_view.js";
import { type Act, type CaseState, type ViewActions, renewCase, focusIfEmpty } from "./case_state.js";
import * as cases from "./cases.js";
import { answersOf } from "./form_words.js";
import { type OpenCase } from "./cases.js";
import { row } from "./list_view.js";
import { type Row } from "./rows.js";
import { statusLabel } from "./status.js";
import { type TemplateResult, html, nothing } from "lit";

export function caseView(me: Member, now: CaseState, actions: ViewActions): TemplateResult {
  const one = now.opened;
  const request = cases.requestOf(one);
  /** Change the case, then read it again and show it. Other fields keep what is typed in them. */
  const act: Act = (work, said) => () =>
    void actions.attempt(async () => {
      await work();
      renewCase(now, await cases.look(me, one.id));
      actions.draw(said);
    });
  return html`
    <h1 tabindex="-1">${request.direction === "offer" ? t("An offer") : t("A request")}${request.name ? html`: <span dir="auto" translate="no">${escapeText(request.name)}</span>` : nothing}</h1>
    ${warnings(one)}
    <div class="columns">
      <div>${asked(one)}${said(me, one)}${answering(now, act, me)}</div>
      <div>${standing(one, act, me)}${noting(me, now, act)}${others(me, now, act, actions)}${assigning(me, now, actions)}${holding(me, now, act)}${closing(now, actions)}</div>
    </div>`;
}

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
    ...answersOf(cases.requestOf(one)).map((answer): [string, string] => [
      answer.text,
      (answer.labels.length ? answer.labels : answer.values).join("\n"),
    ]),
    [t("How to reach them"), contact.how],
    [t("May we leave a voicemail?"), yesNo(contact.voicemail)],
    [t("May we say who we are?"), yesNo(contact.say_who)],
    [t("A safe time"), contact.safe_time],
    [t("Contact"), contact.return_only ? t("Do not contact them: they come back with their receipt.") : ""],
  ];
  return html`<dl>${rows.filter(([, words]) => words).map(([label, words]) => html`<dt dir="auto">${escapeText(label)}</dt><dd dir="auto" translate="no">${escapeText(words)}</dd>`)}</dl>
    <p class="about">${t("Came on %(day)s", { day: formatDay(one.shared[0]!.day) })} · ${t("goes on %(day)s", { day: formatDay(one.expires) })}
      ${one.expires === deletion ? nothing : html`· ${t("asked to be deleted by %(day)s", { day: formatDay(deletion) })}`}</p>`;
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
    <p class="about"><span dir="auto">${who}</span> · ${formatDay(entry.day)}</p>
    <p dir="auto" translate="no">${"text" in entry.content ? escapeText(entry.content.text) : ""}</p></section>`;
}

function answering(now: CaseState, act: Act, me: Member): TemplateResult {
  return html`<div class="field"><label for="reply">${t("Reply")}</label>
    <p class="hint" id="reply-hint">${t("They read it with their receipt. A reply that you leave half-written is kept, locked, in the case.")}</p>
    <textarea id="reply" rows="4" dir="auto" autocomplete="off" spellcheck="false" aria-describedby="reply-hint"
      .value=${now.reply} @input=${(event: Event) => (now.reply = (event.target as HTMLTextAreaElement).value)}></textarea></div>
    <div class="actions"><button type="button" @click=${focusIfEmpty(
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
    }}>${STATUSES.map((status) => html`<option value=${status} ?selected=${cases.statusOf(one) === status}>${statusLabel(status)}</option>`)}</select></div>`;
}

function noting(me: Member, now: CaseState, act: Act): TemplateResult {
  const notes = now.opened.desk.filter((entry) => entry.kind === "note");
  return html`<h2>${t("Notes")}</h2>
    <p class="hint">${t("For colleagues of this case alone. The requester cannot read them.")}</p>
    ${notes.map((entry) => box(me, entry))}
    <div class="field"><label for="note">${t("A new note")}</label>
      <textarea id="note" rows="2" dir="auto" autocomplete="off" spellcheck="false"
        .value=${now.note} @input=${(event: Event) => (now.note = (event.target as HTMLTextAreaElement).value)}></textarea></div>
    <div class="actions"><button type="button" class="secondary" @click=${focusIfEmpty(
      "note",
      act(async () => {
        await cases.note(me, now.opened.id, now.note.trim());
        now.note = "";
      }, t("The note is kept.")),
    )}>${t("Keep the note")}</button></div>`;
}

function others(me: Member, now: CaseState, act: Act, actions: ViewActions): TemplateResult | typeof nothing {
  const matched = cases.matchesOf(now.opened);
  const suggested = now.suggested.filter((row) => !matched.includes(row.id));
  return html`
    ${now.alike.length ? html`<h2>${t("Perhaps the same person")}</h2><ul class="cases">${now.alike.map((one) => html`<li>${row(one, actions.open)}</li>`)}</ul>` : nothing}
    ${
      matched.length
        ? html`<h2>${t("Goes with")}</h2>${html`<ul class="cases">${matched.map((id) =>
            linkedCase(
              now.rows.find((other) => other.id === id),
              id,
              actions,
            ),
          )}</ul>`}`
        : nothing
    }
    ${
      suggested.length
        ? html`<h2>${cases.requestOf(now.opened).direction === "offer" ? t("Needs that it may meet") : t("Offers that may help")}</h2>
      <ul class="cases">${suggested.map(
        (one) => html`<li>${row(one, actions.open)}
        <button type="button" class="secondary" @click=${act(() => cases.match(me, now.opened.id, one.id), t("The two are linked."))}>${t("Link the two")}</button></li>`,
      )}</ul>`
        : nothing
    }`;
}

/** A coordinator who does not hold the other case learns that when they try to open it. */
const linkedCase = (other: Row | undefined, id: string, actions: ViewActions): TemplateResult =>
  html`<li>${
    other
      ? row(other, actions.open)
      : html`<button type="button" class="link" @click=${() => actions.open(id)}>${t("Open the other case")}</button>`
  }</li>`;
