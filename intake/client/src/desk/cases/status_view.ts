/** Show statuses as buttons, each of which acts at one press. */
import { html, type TemplateResult } from "lit";
import type { StatusName } from "../../crypto/entry.js";
import type { Member } from "../member/member.js";
import { statusLabel } from "./status.js";

export const statusButtons = (
  words: string,
  statuses: readonly StatusName[],
  me: Member,
  act: (status: StatusName) => void,
): TemplateResult => html`<div class="statuses" role="group" aria-label=${words}><span aria-hidden="true">${words}</span>
  ${statuses.map(
    (status) =>
      html`<button type="button" class="secondary" @click=${() => act(status)}>${statusLabel(status, me.words)}</button>`,
  )}</div>`;
