/** Show the group words, and let members change them: reply templates, tags and names of statuses. */
import { html, nothing, type TemplateResult } from "lit";
import { newId } from "../../crypto/encoding.js";
import { STATUSES } from "../../crypto/entry.js";
import { COLOURS, type Tag, type Template } from "../../crypto/group_words.js";
import { find } from "../../page/dom.js";
import { hint, valueOf } from "../../page/elements.js";
import { formatDay, pageLanguage, t } from "../../page/i18n.js";
import { actionButton, resultOf } from "../action_button.js";
import type { Actions } from "../actions.js";
import { usualLabel } from "../cases/status.js";
import { tagsView } from "../cases/tags_view.js";
import { escapeText, isolatedName } from "../escape.js";
import { languages } from "../languages.js";
import type { Member } from "../member/member.js";
import type { Words } from "../member/words.js";
import { changeWords } from "./change_words.js";
import { restored, withItem, withNames } from "./words_changes.js";

/** What a member is typing. `base` is what it was when they began, and null for something new. */
interface Edit<T> {
  base: T | null;
  now: T;
}
export interface WordsState {
  templates: Edit<Template> | null;
  tags: Edit<Tag> | null;
  statuses: { base: Words["statuses"]; now: Words["statuses"] } | null;
  /** The parts that are unfolded. One stays so after what was typed is saved. */
  open: Set<Part>;
}
type Part = "templates" | "tags" | "statuses";
export const freshWordsState = (): WordsState => ({ templates: null, tags: null, statuses: null, open: new Set() });

/** What the parts of the view share. */
interface Parts {
  me: Member;
  words: Words;
  state: WordsState;
  actions: Actions;
}

export function wordsView(me: Member, state: WordsState, actions: Actions): TemplateResult {
  const parts = { me, words: me.words, state, actions };
  return html`<h2>${t("Templates, tags and statuses")}</h2>
    ${hint(t("Every coordinator can change these words. Only coordinators can read them."))}
    ${
      me.names.mayBeWritten
        ? [templatesPart(parts), tagsPart(parts), statusesPart(parts), historyPart(parts)]
        : hint(t("You can read these words after a colleague has signed in."))
    }`;
}

/** A part that can be folded away. */
function folded({ state }: Parts, part: Part, summary: string, content: unknown): TemplateResult {
  return html`<details ?open=${state.open.has(part)} @toggle=${({ target }: Event) => {
    if ((target as HTMLDetailsElement).open) state.open.add(part);
    else state.open.delete(part);
  }}><summary>${summary}</summary>${content}</details>`;
}

function templatesPart(parts: Parts): TemplateResult {
  const { words, state } = parts;
  const items = words.templates.map((template) => itemView(parts, "templates", template, escapeText(template.title)));
  const content = html`<ul class="words">${items}</ul>
    ${
      state.templates
        ? templateForm(state.templates, parts)
        : addButton(parts, "templates", t("Add a reply template"), {
            id: newId(),
            title: "",
            texts: [{ language: pageLanguage(), text: "" }],
          })
    }`;
  return folded(parts, "templates", `${t("Reply templates")} (${words.templates.length})`, content);
}

function templateForm({ now }: Edit<Template>, parts: Parts): TemplateResult {
  const unused = [...languages().keys()].filter((code) => now.texts.every(({ language }) => language !== code));
  return html`${field("template-title", t("Title of the template"), now.title, (value) => (now.title = value))}
    ${hint(
      t(
        "A word in braces is a field. {name} becomes the requester's name. The person who writes the reply fills in the others, such as {day}.",
      ),
    )}
    ${now.texts.map(
      (text, at) => html`<div class="field"><select aria-label=${t("Language of the text")} @change=${(event: Event) =>
        (text.language = valueOf(event))}>${[...languages()].map(
        ([code, name]) => html`<option value=${code} ?selected=${code === text.language}>${name}</option>`,
      )}</select>
      <textarea id="template-${at}" rows="3" dir="auto" maxlength="4000" autocomplete="off" aria-label=${t("Text of the template")}
        .value=${text.text} @input=${(event: Event) => (text.text = valueOf(event))}></textarea></div>`,
    )}
    ${
      unused.length
        ? html`<button type="button" class="link" @click=${() => {
            now.texts.push({ language: unused[0]!, text: "" });
            parts.actions.draw();
          }}>${t("Add another language")}</button>`
        : nothing
    }${formButtons(parts, "templates", () => {
      now.texts = now.texts.filter(({ text }) => text.trim());
      return now.title.trim() !== "" && now.texts.length > 0;
    })}`;
}

function tagsPart(parts: Parts): TemplateResult {
  const { words, state } = parts;
  const edit = state.tags;
  const content = html`<ul class="words">${words.tags.map((tag) => itemView(parts, "tags", tag, tagsView([tag.id], words)))}</ul>
    ${
      edit
        ? html`${field("tag-label", t("Name of the tag"), edit.now.label, (value) => (edit.now.label = value), 40)}
          <div class="field"><label for="tag-colour">${t("Colour")}</label>
          <select id="tag-colour" @change=${(event: Event) => (edit.now.colour = valueOf(event) as Tag["colour"])}>${COLOURS.map(
            (colour) =>
              html`<option value=${colour} ?selected=${colour === edit.now.colour}>${colourLabel(colour)}</option>`,
          )}</select></div>${formButtons(parts, "tags", () => edit.now.label.trim() !== "")}`
        : addButton(parts, "tags", t("Add a tag"), { id: newId(), label: "", colour: "grey" })
    }`;
  return folded(parts, "tags", `${t("Tags")} (${words.tags.length})`, content);
}

function colourLabel(colour: Tag["colour"]): string {
  switch (colour) {
    case "grey":
      return t("Grey");
    case "red":
      return t("Red");
    case "orange":
      return t("Orange");
    case "green":
      return t("Green");
    case "blue":
      return t("Blue");
    case "purple":
      return t("Purple");
  }
}

function statusesPart(parts: Parts): TemplateResult {
  const { me, words, state, actions } = parts;
  const edit = state.statuses;
  const begin = (): NonNullable<WordsState["statuses"]> =>
    (state.statuses ??= { base: words.statuses, now: { ...words.statuses } });
  const content = html`${hint(t("Requesters do not see these names. An empty field keeps the usual name."))}
    ${STATUSES.map((status) =>
      field(
        `status-${status}`,
        usualLabel(status),
        (edit?.now ?? words.statuses)[status] ?? "",
        (value) => (begin().now[status] = value.trim()),
        40,
      ),
    )}
    ${actionButton(actions, {
      name: "save statuses",
      words: t("Save the names"),
      work: async () => {
        const { base, now } = begin();
        await changeWords(me, (present) => ({ ...present, statuses: withNames(present.statuses, base, now) }));
        state.statuses = null;
        return () => t("The words are saved.");
      },
    })}`;
  return folded(parts, "statuses", t("Names of the statuses"), content);
}

/** Say who wrote the present words, and offer those of the member before. */
function historyPart({ me, actions }: Parts): TemplateResult | typeof nothing {
  const { present, earlier } = me.names.words;
  if (!present) return nothing;
  const written = ({ author, day }: typeof present): Record<string, string> => ({
    name: isolatedName(me.nameOf(author)),
    day: formatDay(day),
  });
  const { templates, tags, statuses } = earlier ?? present;
  return html`${hint(t("Last changed by %(name)s on %(day)s.", written(present)))}
    ${
      earlier
        ? actionButton(actions, {
            name: "restore words",
            kind: "link",
            words: t("Bring back the words by %(name)s of %(day)s", written(earlier)),
            work: () => changeWords(me, (now) => restored(now, present, { templates, tags, statuses })),
          })
        : nothing
    }`;
}

type Kind = Exclude<Part, "statuses">;

function itemView({ me, state, actions }: Parts, kind: Kind, item: Template | Tag, label: unknown): TemplateResult {
  return html`<li><span dir="auto">${label}</span>
    <button type="button" class="link" @click=${() => {
      Object.assign(state, { [kind]: { base: item, now: structuredClone(item) } });
      actions.draw();
    }}>${t("Change")}</button>
    ${actionButton(actions, {
      name: `remove ${item.id}`,
      kind: "link",
      words: t("Remove"),
      work: () => changeWords(me, (now) => ({ ...now, [kind]: withItem(now[kind] as Tag[], item as Tag, null) })),
    })}</li>`;
}

const addButton = ({ state, actions }: Parts, kind: Kind, label: string, now: Template | Tag): TemplateResult =>
  html`<button type="button" id="add-${kind}" class="secondary" @click=${() => {
    Object.assign(state, { [kind]: { base: null, now } });
    actions.draw();
    find(kind === "tags" ? "tag-label" : "template-title").focus();
  }}>${label}</button>${resultOf(actions, `save ${kind}`)}`;

/** Save what is typed. If a colleague changed the same thing, what is typed stays, and the next attempt replaces theirs. */
function formButtons({ me, state, actions }: Parts, kind: Kind, ready: () => boolean): TemplateResult {
  const edit = state[kind] as Edit<Tag>;
  return html`<div class="actions">${actionButton(actions, {
    name: `save ${kind}`,
    words: t("Save"),
    ready,
    work: async () => {
      try {
        await changeWords(me, (now) => ({ ...now, [kind]: withItem(now[kind] as Tag[], edit.base, edit.now) }));
        state[kind] = null;
        actions.draw();
        find(`add-${kind}`).focus(); // the button that was pressed is gone
        return () => t("The words are saved.");
      } catch (error) {
        edit.base = (me.words[kind] as Tag[]).find(({ id }) => id === edit.now.id) ?? null;
        throw error;
      }
    },
  })}<button type="button" class="link" @click=${() => {
    state[kind] = null;
    actions.draw();
    find(`add-${kind}`).focus();
  }}>${t("Cancel")}</button></div>`;
}

const field = (
  id: string,
  label: string,
  value: string,
  set: (value: string) => void,
  longest = 80,
): TemplateResult => html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} type="text" dir="auto" maxlength=${longest} autocomplete="off" .value=${value}
      @input=${(event: Event) => set(valueOf(event))}></div>`;
