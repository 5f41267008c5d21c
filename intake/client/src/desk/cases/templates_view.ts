/** Put a reply template into the reply that somebody writes. It is never sent by itself. */
import { html, nothing, type TemplateResult } from "lit";
import { find } from "../../page/dom.js";
import { valueOf } from "../../page/elements.js";
import { t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import { NOTHING, type Said } from "../action_states.js";
import { escapeText } from "../escape.js";
import { languageName } from "../languages.js";
import type { Member } from "../member/member.js";
import type { CaseState, ViewActions } from "./case_state.js";
import { requestOf } from "./cases.js";
import { filledIn, firstField, textIn } from "./templates.js";

export function templatesView(me: Member, state: CaseState, actions: ViewActions): TemplateResult | typeof nothing {
  const { templates } = me.words;
  if (!templates.length) return nothing;
  return html`<div class="field inline"><label for="template">${t("Use a reply template")}</label>
    <select id="template" @change=${(event: Event) => (state.template = valueOf(event))}>${templates.map(
      ({ id, title }) => html`<option value=${id} ?selected=${state.template === id}>${escapeText(title)}</option>`,
    )}</select>
    ${actionButton(actions, { name: "template", words: t("Insert the template"), work: () => Promise.resolve(insert(me, state, actions)) })}
    ${
      state.warnedOf && state.warnedOf === state.reply
        ? html`<p class="notice error" role="alert">${t(
            "Fill in %(field)s first, or press Send again to send the reply as it is.",
            { field: firstField(state.reply) },
          )}</p>`
        : nothing
    }</div>`;
}

/** Add the text to what is typed. Returns what to say if it is not in the requester's language. */
function insert(me: Member, state: CaseState, actions: ViewActions): Said {
  const { templates } = me.words;
  const { language, name } = requestOf(state.opened);
  const template = templates.find(({ id }) => id === state.template) ?? templates[0];
  const chosen = template && textIn(template, language);
  if (!chosen) return NOTHING;
  const text = filledIn(chosen.text, { name: escapeText(name) });
  state.reply = state.reply.trim() ? `${state.reply.trimEnd()}\n\n${text}` : text;
  actions.typed();
  actions.draw();
  selectField(state);
  return chosen.language === language
    ? NOTHING
    : () =>
        t("The template has no text in %(language)s. This text is in %(other)s.", {
          language: languageName(language),
          other: languageName(chosen.language),
        });
}

/** Return whether a reply may be sent. The first attempt with an open field of a template is stopped with a notice. */
export function hasNoField(state: CaseState, actions: ViewActions): boolean {
  if (!firstField(state.reply) || state.warnedOf === state.reply) return true;
  state.warnedOf = state.reply;
  actions.draw();
  selectField(state);
  return false;
}

/** Move to the end of the reply, or to the first field, so that typing replaces it. */
function selectField({ reply }: CaseState): void {
  const area = find<HTMLTextAreaElement>("reply");
  const field = firstField(reply);
  const start = field ? reply.indexOf(field) : reply.length;
  area.focus();
  area.setSelectionRange(start, start + field.length);
}
