/** Show the tags of a case, and let members change them. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../../page/i18n.js";
import { isOnNow, resultOf, tickAction } from "../action_button.js";
import { escapeText } from "../escape.js";
import type { Member } from "../member/member.js";
import type { Words } from "../member/words.js";
import type { Change, ViewActions } from "./case_state.js";
import { type OpenCase, tagsOf } from "./cases.js";
import { setTag } from "./tags.js";

/** Return what a tag is called. An id that the group no longer has is a removed tag. */
export function tagLabel(id: string, { tags }: Words): string {
  const tag = tags.find((other) => other.id === id);
  return tag ? escapeText(tag.label) : t("Removed tag");
}

export const tagsView = (ids: string[], words: Words): TemplateResult[] =>
  ids.map((id) => {
    const colour = words.tags.find((tag) => tag.id === id)?.colour ?? "removed";
    return html`<span class="tag own ${colour}" dir="auto">${tagLabel(id, words)}</span>`;
  });

/** Show the group's tags as boxes to tick. A removed tag can only be taken off. */
export function tagsField(
  me: Member,
  opened: OpenCase,
  change: Change,
  actions: ViewActions,
): TemplateResult | typeof nothing {
  const [words, present] = [me.words, tagsOf(opened)];
  const ids = [...new Set([...words.tags.map(({ id }) => id), ...present])];
  if (!ids.length) return nothing;
  const tick = (id: string) => (isOn: boolean) =>
    change(
      () => setTag(me, opened.id, id, isOn),
      () => t("The tags are changed."),
    )();
  const box = (id: string): TemplateResult => {
    const value = `${opened.id} ${id}`;
    const isOn = isOnNow(actions, "tags", value, present.includes(id));
    return html`<label class="choice"><input type="checkbox" .checked=${live(isOn)}
      @change=${tickAction(actions, "tags", value, tick(id))}> ${tagsView([id], words)}</label>`;
  };
  return html`<fieldset class="field tagging"><legend>${t("Tags")}</legend>${ids.map(box)}${resultOf(actions, "tags")}</fieldset>`;
}
