/** Show one case: the request, the messages and the notes. */
import { type Entry, STATUSES, type StatusName } from "../../crypto/entry.js";
import { safetyRows } from "../../page/contact.js";
import { formatExpiry, localToday } from "../../page/expiry.js";
import { formatDay, t } from "../../page/i18n.js";
import { progressWords } from "../../page/progress.js";
import { escapeText } from "../escape.js";
import { type Member } from "../member/member.js";
import { assignmentView, closingView, holdView } from "./case_handling_view.js";
import { actionButton, resultOf } from "../action_button.js";
import type { Said } from "../action_states.js";
import { type CaseState, type Change, type ViewActions, isFilledIn, keep, renewCase } from "./case_state.js";
import * as cases from "./cases.js";
import { followUpView } from "./follow_up_view.js";
import { answersOf } from "./form_words.js";
import { type OpenCase } from "./cases.js";
import { screenNow } from "../screen.js";
import { rowView, writtenDownBy } from "./row_view.js";
import { type Row } from "./rows.js";
import { statusButtons } from "./status_view.js";
import { tagsField } from "./tags_view.js";
import { hasNoField, templatesView } from "./templates_view.js";
import { type Pressable, writtenView } from "./written_view.js";
import { type TemplateResult, html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { errorAlert, notice } from "../../page/elements.js";

export function caseView(me: Member, state: CaseState, actions: ViewActions): TemplateResult {
  const opened = state.opened;
  const request = cases.requestOf(opened);
  /** Change the case, then read it again and show it. Other fields keep what is typed in them. */
  const change: Change = (work, message) => async () => {
    await work();
    renewCase(state, await cases.readCase(me, opened.id));
    return message;
  };
  // Nothing that is unfolded in one case stays so in the next.
  return html`${keyed(
    opened.id,
    html`<div class="case">
    <h1 tabindex="-1">${request.direction === "offer" ? t("An offer") : t("A request")}${
      request.name ? html`: <span dir="auto" translate="no">${escapeText(request.name)}</span>` : nothing
    }</h1>
    <p class="printed">${t("Destroy this sheet by %(day)s. The request is deleted on that day.", {
      day: formatExpiry(opened.expires, { lasting: true }),
    })}</p>
    ${warnings(opened)}
    <div class="columns">
      <div>${[
        requestView(me, opened, actions),
        messagesView(me, opened, actions),
        opened.open ? replyView(me, state, change, actions) : nothing,
      ]}</div>
      <div>${[
        statusView(me, state, change, actions),
        followUpView(me, state, change, actions),
        tagsField(me, opened, change, actions),
        notesView(me, state, change, actions),
        relatedView(me, state, change, actions),
        assignmentView(me, state, actions),
        holdView(me, state, change, actions),
        closingView(me, state, change, actions),
      ]}</div>
    </div>${neighboursView(actions)}</div>`,
  )}`;
}

/** Lead to the cases before and after this one. A wide window has the list beside the case instead. */
function neighboursView({ step }: ViewActions): TemplateResult | typeof nothing {
  const button = (by: 1 | -1, words: string): TemplateResult => {
    const open = step(by);
    return html`<button type="button" class="link" ?disabled=${!open} @click=${open}>${words}</button>`;
  };
  if (screenNow().wide) return nothing;
  return html`<div class="neighbours">${button(-1, t("Previous case"))}${button(1, t("Next case"))}</div>`;
}

function warnings(opened: OpenCase): TemplateResult {
  const warned = (kind: string): boolean => opened.warnings.some((warning) => warning.kind === kind);
  return html`
    ${
      warned("missing")
        ? errorAlert(t("Something in this case is missing or was changed on the way. What you see may not be all."))
        : nothing
    }
    ${warned("late") ? errorAlert(t("The computer keeps this case longer than its requester chose. Tell whoever runs it.")) : nothing}
    ${
      warned("behind")
        ? errorAlert(
            t(
              "Something in this case was signed as if by an older list of members. It is left out. Tell your colleagues.",
            ),
          )
        : nothing
    }
    ${warned("dates") ? notice(t("The days in this case do not follow each other: somebody signed with another day.")) : nothing}
    ${
      opened.sealedBy === "server"
        ? notice(t("This was locked or opened by our computer, not by a browser: it could have read it."))
        : nothing
    }`;
}

function requestView(me: Member, opened: OpenCase, actions: ViewActions): TemplateResult {
  const { contact, deletion } = cases.requestOf(opened);
  const pressable = pressableIn(opened, actions, "copy from the request");
  const rows: [string, string, mayText?: boolean][] = [
    ...answersOf(cases.requestOf(opened)).map((answer): [string, string] => [
      answer.text,
      (answer.labels.length ? answer.labels : answer.values).join("\n"),
    ]),
    [t("How to reach them"), contact.how, contact.text_message === "yes"],
    ...safetyRows(contact),
    [t("Contact"), contact.return_only ? t("Do not contact them: they come back with their receipt.") : ""],
  ];
  return html`<section class="sheet"><dl>${rows
    .filter(([, words]) => words)
    .map(
      ([label, words, mayText = false]) =>
        html`<dt dir="auto">${label}</dt><dd dir="auto" translate="no">${writtenView(words, {
          ...pressable,
          mayText,
        })}</dd>`,
    )}</dl>${resultOf(actions, pressable.name)}
    ${opened.onBehalf ? html`<p class="about" dir="auto">${writtenDownBy(me, opened.onBehalf)}</p>` : nothing}
    <p class="about">${t("Came on %(day)s", { day: formatDay(opened.shared[0]!.day) })}<span class="unprinted"> · ${t(
      "deleted on %(day)s",
      { day: formatExpiry(opened.expires) },
    )}
      ${opened.expires === deletion ? nothing : html`· ${t("asked to be deleted by %(day)s", { day: formatExpiry(deletion) })}`}</span></p>
    <div class="actions"><button type="button" class="secondary" @click=${() => window.print()}>${t(
      "Print a clean sheet",
    )}</button></div></section>`;
}

/** Return what may be pressed in texts of a case. */
const pressableIn = (opened: OpenCase, runner: ViewActions, name: string): Pressable => ({
  runner,
  name,
  mayReach: !cases.requestOf(opened).contact.return_only,
});

function messagesView(me: Member, opened: OpenCase, actions: ViewActions): TemplateResult {
  const pressable = pressableIn(opened, actions, "copy from a message");
  const messages = opened.shared.filter((entry) => entry.kind === "message" || entry.kind === "correction");
  return html`<section class="sheet"><h2>${t("Messages")}</h2>
    ${messages.length ? messages.map((entry) => entryView(me, entry, pressable)) : html`<p class="about">${t("None yet.")}</p>`}
    ${resultOf(actions, pressable.name)}</section>`;
}

function entryView(me: Member, entry: Entry, pressable: Pressable): TemplateResult {
  const who = entry.author
    ? me.nameOf(entry.author)
    : entry.kind === "correction"
      ? t("Their correction")
      : t("They wrote");
  return html`<section class="entry ${entry.author ? "ours" : ""}">
    <p class="about"><span dir="auto">${who}</span> · ${formatDay(entry.day)}</p>
    <p dir="auto" translate="no">${"text" in entry.content ? writtenView(entry.content.text, pressable) : ""}</p></section>`;
}

function replyView(me: Member, state: CaseState, change: Change, actions: ViewActions): TemplateResult {
  return html`<div class="field"><label for="reply">${t("Reply")}</label>
    <p class="hint" id="reply-hint">${t(
      "They read it with their receipt. A reply that you leave half-written is kept, locked, in the case.",
    )}</p>
    <textarea id="reply" rows="4" dir="auto" autocomplete="off" spellcheck="false" aria-describedby="reply-hint"
      .value=${state.reply} @input=${keep(state, "reply", actions)}></textarea></div>
    ${templatesView(me, state, actions)}
    <div class="actions">${actionButton(actions, {
      name: "reply",
      kind: "",
      words: t("Send the reply"),
      busy: t("Sending…"),
      ready: () => isFilledIn("reply")() && hasNoField(state, actions),
      work: change(
        async () => {
          const typed = state.reply;
          await cases.reply(me, state.opened.id, typed.trim());
          if (state.reply === typed) state.reply = ""; // words typed meanwhile stay
          actions.typed();
          if (cases.draftOf(state.opened)) await cases.draft(me, state.opened.id, "");
          if (cases.statusOf(state.opened) === "new") await cases.setStatus(me, state.opened.id, "in-progress");
        },
        () => t("The reply is sent."),
      ),
    })}</div>`;
}

function statusView(me: Member, state: CaseState, change: Change, actions: ViewActions): TemplateResult {
  const { opened } = state;
  const shown = state.chosenStatus ?? cases.statusOf(opened);
  const choose = (chosen: StatusName): void => {
    if (chosen === shown) return;
    const store = change(
      () => cases.setStatus(me, opened.id, chosen),
      () => t("The status is changed."),
    );
    void actions.run("status", () => {
      state.chosenStatus = chosen;
      return store().finally(() => (state.chosenStatus = null));
    });
  };
  return html`<div class="field" id="status">${statusButtons(t("Status"), STATUSES, me, choose, shown)}${resultOf(actions, "status")}
    <p class="hint">${t("The requester reads: %(words)s", { words: progressWords(opened.progress) })}</p></div>`;
}

function notesView(me: Member, state: CaseState, change: Change, actions: ViewActions): TemplateResult {
  const notes = state.opened.desk.filter((entry) => entry.kind === "note");
  const pressable = pressableIn(state.opened, actions, "copy from a note");
  const followUp = cases.followUpOf(state.opened);
  const isDue = state.opened.open && followUp !== null && followUp.day <= localToday();
  const keeping = (name: string, words: string, done: Said, changed = {}): TemplateResult =>
    actionButton(actions, {
      name,
      words,
      ready: isFilledIn("note"),
      work: change(async () => {
        const typed = state.note;
        await cases.note(me, state.opened.id, typed.trim(), changed);
        if (state.note === typed) state.note = "";
        actions.typed();
      }, done),
    });
  return html`<section class="sheet ${notes.length ? "" : "unprinted"}"><h2>${t("Notes")}</h2>
    <p class="hint">${t("For colleagues of this case alone. The requester cannot read them.")}</p>
    ${notes.map((entry) => entryView(me, entry, pressable))}${resultOf(actions, pressable.name)}</section>
    <div class="field"><label for="note">${t("A new note")}</label>
      <textarea id="note" rows="2" dir="auto" autocomplete="off" spellcheck="false"
        .value=${state.note} @input=${keep(state, "note", actions)}></textarea></div>
    <div class="actions">${keeping("note", t("Keep the note"), () => t("The note is kept."))}${
      isDue
        ? keeping(
            "note and done",
            t("Keep it, follow-up done"),
            () => t("The note is kept, and the follow-up is done."),
            {
              followUp: null,
            },
          )
        : resultOf(actions, "note and done")
    }</div>`;
}

function relatedView(
  me: Member,
  state: CaseState,
  change: Change,
  actions: ViewActions,
): TemplateResult | typeof nothing {
  const matched = cases.matchesOf(state.opened);
  const suggested = state.suggested.filter((row) => !matched.includes(row.id));
  return html`
    ${
      state.alike.length
        ? html`<h2>${t("Perhaps the same person")}</h2><ul class="cases">${state.alike.map(
            (row) => html`<li>${rowView(row, actions.open, undefined, me.words)}</li>`,
          )}</ul>`
        : nothing
    }
    ${
      matched.length
        ? html`<h2>${t("Goes with")}</h2>${html`<ul class="cases">${matched.map((id) =>
            linkedCase(
              state.rows.find((other) => other.id === id),
              id,
              me,
              actions,
            ),
          )}</ul>`}`
        : nothing
    }
    ${
      suggested.length
        ? html`<h2>${cases.requestOf(state.opened).direction === "offer" ? t("Needs that it may meet") : t("Offers that may help")}</h2>
      <ul class="cases">${suggested.map(
        (row) => html`<li>${rowView(row, actions.open, undefined, me.words)}
        ${actionButton(actions, {
          name: `match ${row.id}`,
          words: t("Link the two"),
          work: change(
            () => cases.match(me, state.opened.id, row.id),
            () => t("The two are linked."),
          ),
        })}</li>`,
      )}</ul>`
        : nothing
    }`;
}

/** Link to the other case. If this coordinator does not hold it, opening it shows an error. */
const linkedCase = (other: Row | undefined, id: string, me: Member, actions: ViewActions): TemplateResult =>
  html`<li>${
    other
      ? rowView(other, actions.open, undefined, me.words)
      : html`<button type="button" class="link" @click=${() => actions.open(id)}>${t("Open the other case")}</button>`
  }</li>`;
