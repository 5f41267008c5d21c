/** Paragraphs that several views share, and the value of an event's field. */
import { html, type TemplateResult } from "lit";

/** An error that a screen reader announces at once. */
export const errorAlert = (words: string): TemplateResult => html`<p class="notice error" role="alert">${words}</p>`;
export const errorNotice = (words: string): TemplateResult => html`<p class="notice error">${words}</p>`;
export const notice = (words: string): TemplateResult => html`<p class="notice">${words}</p>`;
export const hint = (words: string): TemplateResult => html`<p class="hint">${words}</p>`;

/** Return the text or choice of the field that an event comes from. */
export const valueOf = (event: Event): string => (event.target as HTMLInputElement | HTMLSelectElement).value;

/** Return whether the box that an event comes from is ticked now. */
export const isTicked = (event: Event): boolean => (event.target as HTMLInputElement).checked;
