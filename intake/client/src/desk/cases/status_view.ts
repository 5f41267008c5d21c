/** Show statuses as buttons, each of which acts at one press. */
import { html, nothing, type TemplateResult } from "lit";
import type { StatusName } from "../../crypto/entry.js";
import type { Member } from "../member/member.js";
import { statusLabel } from "./status.js";

/** `current` is the status that the case has. Its button is pressed. */
export const statusButtons = (
  words: string,
  statuses: readonly StatusName[],
  me: Member,
  act: (status: StatusName) => void,
  current?: StatusName,
): TemplateResult => html`<div class="statuses" role="group" aria-label=${words}><span aria-hidden="true">${words}</span>
  ${statuses.map(
    (status) =>
      html`<button type="button" class="secondary" aria-pressed=${current ? String(status === current) : nothing}
        @click=${() => act(status)}>${statusLabel(status, me.words)}</button>`,
  )}</div>`;
