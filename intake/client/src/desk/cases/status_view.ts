/** Show statuses as buttons, each of which acts at one press. Arrow keys move between them. */
import { html, nothing, type TemplateResult } from "lit";
import type { StatusName } from "../../crypto/entry.js";
import type { Member } from "../member/member.js";
import { moveByArrow, stopAtChosen, stopAtFocus } from "../roving_focus.js";
import { statusLabel } from "./status.js";

/** `current` is the status that the case has. The buttons are then radio buttons, and it is the checked one. */
export function statusButtons(
  words: string,
  statuses: readonly StatusName[],
  me: Member,
  act: (status: StatusName) => void,
  current?: StatusName,
): TemplateResult {
  const stop = current ?? statuses[0];
  return html`<div class="statuses" role=${current ? "radiogroup" : "toolbar"} aria-label=${words}
    @keydown=${moveByArrow} @focusin=${stopAtFocus} @focusout=${stopAtChosen}><span aria-hidden="true">${words}</span>
  ${statuses.map(
    (status) =>
      html`<button type="button" class="secondary" role=${current ? "radio" : nothing}
        aria-checked=${current ? String(status === current) : nothing} tabindex=${status === stop ? 0 : -1}
        @click=${() => act(status)}>${statusLabel(status, me.words)}</button>`,
  )}</div>`;
}
