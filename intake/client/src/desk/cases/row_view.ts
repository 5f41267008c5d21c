/** Show one case as a row of a list. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { daysBetween } from "../../crypto/encoding.js";
import type { OnBehalf } from "../../crypto/on_behalf.js";
import { formatExpiry } from "../../page/expiry.js";
import { formatDay, joined, t, tn } from "../../page/i18n.js";
import { writtenDown } from "../../page/written_down.js";
import { escapeText } from "../escape.js";
import type { Member } from "../member/member.js";
import { isUnread, needsReply } from "./attention.js";
import { ownFollowUp } from "./follow_up.js";
import { followUpTag } from "./follow_up_view.js";
import { optionLabel } from "./form_words.js";
import type { Row } from "./rows.js";
import { NO_WORDS } from "../member/words.js";
import { statusLabel } from "./status.js";
import { tagsView } from "./tags_view.js";
import { isolatedView } from "./written_view.js";

const LAST_DAYS = 2; // on which the hour of deletion is shown

/** The list's context of a row: the member, what they have seen, and which case is on the screen. */
export interface RowContext {
  me: Member;
  readUpTo: (id: string) => number;
  current?: string | undefined;
  /** Selects or deselects a row, or with Shift all rows up to it. */
  select?: ((id: string, isRange: boolean) => void) | undefined;
  /** The selected cases, while the rows have boxes. */
  selected?: Set<string> | null;
}

/**
 * Show a row: a button that opens its case, or a box with the row as its label while cases are selected. Without a
 * context it has no marks, and does not say who holds the case.
 */
export function rowView(
  row: Row,
  open: (id: string) => void,
  context?: RowContext,
  words = context ? context.me.words : NO_WORDS,
): TemplateResult {
  const { summary } = row;
  const position = context?.readUpTo(row.id) ?? Infinity;
  const [unread, reply] = [isUnread(row, position), context !== undefined && !row.fresh && needsReply(row, position)];
  const followUp = context && ownFollowUp(row, context.me.id);
  const [style, isSelected] = [unread ? "unread" : "", context?.selected?.has(row.id)];
  const content = html`<span class="tags">${mark(row.handedOver && position < 0, t("Handed over to you"))}
    ${mark(unread, t("Unread"))}${mark(reply, t("Needs a reply"))}
    ${followUp ? followUpTag(followUp) : nothing}
    <span class="tag">${row.fresh ? t("Not opened yet") : statusLabel(row.status, words)}</span>
    ${row.open ? nothing : html`<span class="tag">${t("Closed")}</span>`}
    ${summary.urgency ? html`<span class="tag urgency" dir="auto">${escapeText(optionLabel(summary.urgency))}</span>` : nothing}
    ${summary.direction === "offer" ? html`<span class="tag">${t("Offer")}</span>` : nothing}
    ${tagsView(row.tags, words)}
    ${summary.kinds.map((kind) => html`<span class="tag" dir="auto">${escapeText(optionLabel(kind))}</span>`)}</span>
    <span class="line words" dir="auto" translate="no">${
      summary.name ? html`<bdi>${escapeText(summary.name)}</bdi>: ` : nothing
    }${summary.line ? isolatedView(summary.line) : "—"}</span>
    <span class="line about">${facts(row, context)}</span>`;
  if (isSelected !== undefined) return boxView(row.id, style, isSelected, content, context!.select!);
  const press = (event: MouseEvent): void => {
    if (context?.select && (event.shiftKey || event.ctrlKey || event.metaKey)) context.select(row.id, event.shiftKey);
    else open(row.id);
  };
  return html`<button type="button" class=${style} aria-current=${
    context?.current === row.id ? "true" : nothing
  } @click=${press}>${content}</button>`;
}

function boxView(
  id: string,
  style: string,
  isSelected: boolean,
  content: TemplateResult,
  select: (id: string, isRange: boolean) => void,
): TemplateResult {
  const press = (event: MouseEvent): void => {
    // Firefox does not tick the box of a label that is pressed together with Shift.
    if (!(event.target instanceof HTMLInputElement)) event.preventDefault();
    select(id, event.shiftKey);
  };
  return html`<label class=${style} @click=${press}><input type="checkbox" .checked=${live(isSelected)}>
    <span>${content}</span></label>`;
}

const mark = (isShown: boolean, words: string): TemplateResult | typeof nothing =>
  isShown ? html`<span class="tag mark">${words}</span>` : nothing;

/** Show when the case arrived, its area, who else holds it, and when it will be deleted. */
function facts(row: Row, context?: RowContext): TemplateResult {
  const { arrived, area } = row.summary;
  const others = context
    ? Object.keys(row.holders).filter((id) => context.me.seats.has(id) && id !== context.me.id)
    : [];
  return html`${formatDay(arrived)} · ${deletion(row, context)}${
    area ? html` · <span dir="auto">${escapeText(area)}</span>` : nothing
  }${
    row.summary.on_behalf && context
      ? html` · <span dir="auto">${writtenDownBy(context.me, row.summary.on_behalf)}</span>`
      : nothing
  }${
    others.length
      ? html` · <span dir="auto">${t("also with %(names)s", { names: joined(others.map((id) => context!.me.nameOf(id))) })}</span>`
      : nothing
  }`;
}

/** Say who wrote a request down for its author. */
export const writtenDownBy = (me: Member, { member, channel }: OnBehalf): string =>
  writtenDown(channel, me.nameOf(member));

/** Show the days until deletion, and the hour on the last days. Screen readers read the day as well. */
function deletion(row: Row, context?: RowContext): TemplateResult | string {
  const exact = t("deleted on %(day)s", { day: formatExpiry(row.expires) });
  const left = context ? daysBetween(context.me.today, row.expires) : 0;
  if (left <= LAST_DAYS) return exact;
  return html`${tn("deleted in %(num)s day", "deleted in %(num)s days", left)}<span class="hide"> (${exact})</span>`;
}
