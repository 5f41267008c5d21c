/** Show one case as a row of a list. */
import { html, nothing, type TemplateResult } from "lit";
import { formatExpiry } from "../../page/expiry.js";
import { formatDay, t } from "../../page/i18n.js";
import { escapeText } from "../escape.js";
import { optionLabel } from "./form_words.js";
import { isUnread, needsReply } from "./attention.js";
import type { Row } from "./rows.js";
import { statusLabel } from "./status.js";

/** Show a row. `readUpTo` is what this member has seen of the case; without it the row has no marks. */
export function rowView(row: Row, open: (id: string) => void, readUpTo = Infinity): TemplateResult {
  const { summary } = row;
  const marks = [
    isUnread(row, readUpTo) ? t("Unread") : "",
    readUpTo < Infinity && needsReply(row, readUpTo) ? t("Needs a reply") : "",
  ].filter(Boolean);
  return html`<button type="button" class=${isUnread(row, readUpTo) ? "unread" : ""} @click=${() => open(row.id)}>
    <span class="tags">${marks.map((words) => html`<span class="tag mark">${words}</span>`)}
    <span class="tag">${row.fresh ? t("Not opened yet") : statusLabel(row.status)}</span>
    ${row.open ? nothing : html`<span class="tag">${t("Closed")}</span>`}
    ${summary.direction === "offer" ? html`<span class="tag">${t("Offer")}</span>` : nothing}
    ${summary.kinds.map((kind) => html`<span class="tag" dir="auto">${escapeText(optionLabel(kind))}</span>`)}</span>
    <span class="line" dir="auto" translate="no">${
      summary.name ? `${escapeText(summary.name)}: ` : ""
    }${escapeText(summary.line) || "—"}</span>
    <span class="line about">${formatDay(summary.arrived)} · ${t("deleted on %(day)s", { day: formatExpiry(row.expires) })}${
      summary.area ? html` · <span dir="auto">${escapeText(summary.area)}</span>` : nothing
    }</span>
  </button>`;
}
