/** The list of cases, filtered and searched where it was decrypted: here. */
import { html, nothing, type TemplateResult } from "lit";
import { STATUSES } from "../crypto/entry.js";
import { dayInWords, t } from "../words.js";
import { answersOf, type OpenCase, requestOf, statusOf, summaryOf } from "./cases.js";
import { statusInWords } from "./status.js";

export interface Filter {
  search: string;
  status: string;
  kind: string;
  closed: boolean;
}
export const freshFilter = (): Filter => ({ search: "", status: "", kind: "", closed: false });

/** Texts that the search looks through: everything said and noted in a case. */
function textsOf(one: OpenCase): string {
  const request = requestOf(one);
  const answers = [...request.answers, ...answersOf(request)].flatMap((answer) => [...answer.values, ...answer.labels]);
  const said = [...one.shared, ...one.desk].flatMap((entry) => ("text" in entry.content ? [entry.content.text] : []));
  return [request.name, request.contact.how, ...answers, ...said].join("\n");
}

/** Lower case, without marks: "café" is found by "cafe", Arabic with or without vowel signs. */
const folded = (words: string): string => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const kindLabels = (one: OpenCase): [string, string][] => {
  const kinds = answersOf(requestOf(one)).find((answer) => answer.question === "kinds");
  return kinds ? kinds.values.map((value, i) => [value, kinds.labels[i] ?? value]) : [];
};

export function matching(found: OpenCase[], filter: Filter): OpenCase[] {
  const words = folded(filter.search).split(/\s+/u).filter(Boolean);
  return found.filter((one) => {
    if ((!one.open && !filter.closed) || (filter.status && statusOf(one) !== filter.status)) return false;
    if (filter.kind && !kindLabels(one).some(([value]) => value === filter.kind)) return false;
    const texts = words.length ? folded(textsOf(one)) : "";
    return words.every((word) => texts.includes(word));
  });
}

export function listView(
  found: { cases: OpenCase[]; broken: number } | null, filter: Filter, draw: () => void, open: (id: string) => void,
): TemplateResult {
  if (!found) return html`<h1 tabindex="-1">${t("Your cases")}</h1>`;
  const shown = matching(found.cases, filter);
  const kinds = new Map(found.cases.flatMap(kindLabels));
  const set = (change: Partial<Filter>): void => {
    Object.assign(filter, change);
    draw();
  };
  const value = (event: Event): string => (event.target as HTMLInputElement | HTMLSelectElement).value;
  return html`
    <h1 tabindex="-1">${t("Your cases")}</h1>
    <div class="bar">
      <div class="field"><label for="search">${t("Search")}</label>
        <input id="search" type="search" dir="auto" autocomplete="off" spellcheck="false" .value=${filter.search} @input=${(event: Event) => set({ search: value(event) })}></div>
      <div class="field"><label for="by-status">${t("Status")}</label>
        <select id="by-status" @change=${(event: Event) => set({ status: value(event) })}>
          <option value="">${t("All")}</option>
          ${STATUSES.map((status) => html`<option value=${status} ?selected=${filter.status === status}>${statusInWords(status)}</option>`)}
        </select></div>
      <div class="field"><label for="by-kind">${t("Kind")}</label>
        <select id="by-kind" @change=${(event: Event) => set({ kind: value(event) })}>
          <option value="">${t("All")}</option>
          ${[...kinds].map(([kind, label]) => html`<option value=${kind} ?selected=${filter.kind === kind}>${label}</option>`)}
        </select></div>
    </div>
    <label class="choice"><input type="checkbox" .checked=${filter.closed} @change=${(event: Event) => set({ closed: (event.target as HTMLInputElement).checked })}> ${t("Closed ones as well")}</label>
    ${found.broken ? html`<p class="notice error">${t("Some cases could not be opened with your keys. Ask a colleague to share them with you again.")} (${found.broken})</p>` : nothing}
    ${shown.length === 0 ? html`<p>${found.cases.length ? t("No case fits.") : t("No case is assigned to you.")}</p>` : html`
      <ul class="cases">${shown.map((one) => row(one, () => open(one.id)))}</ul>`}`;
}

function row(one: OpenCase, open: () => void): TemplateResult {
  const told = summaryOf(one);
  return html`<li><button type="button" @click=${open}>
    <span class="tag">${one.keys.deskKeys.length ? statusInWords(statusOf(one)) : t("Not opened yet")}</span>
    ${one.open ? nothing : html`<span class="tag">${t("Closed")}</span>`}
    ${told.direction === "offer" ? html`<span class="tag">${t("Offer")}</span>` : nothing}
    ${kindLabels(one).map(([, label]) => html`<span class="tag" dir="auto">${label}</span>`)}
    <br><span dir="auto" translate="no">${told.name ? `${told.name}: ` : ""}${told.line || "—"}</span>
    <br><span class="about">${dayInWords(told.arrived)} · ${t("goes on %(day)s", { day: dayInWords(one.expires) })}</span>
  </button></li>`;
}
