/** Compare a candidate's digits: by eye, typed in any script, or scanned from the code on their screen. */
import { html, nothing, type TemplateResult } from "lit";
import { valueOf } from "../../page/elements.js";
import { plain } from "../../crypto/digits.js";
import { find } from "../../page/dom.js";
import type * as scanning from "./scan.js";
import { comparedDigits } from "../codes/code_views.js";
import { t } from "../../page/i18n.js";
import type { Newcomer } from "../member/names.js";

/** The digits that were typed or scanned, by candidate. */
export type ComparedDigits = Map<string, string>;

export function compareView(newcomer: Newcomer, compared: ComparedDigits, draw: () => void): TemplateResult {
  const id = newcomer.candidate.member;
  const setDigits = (text: string): void => {
    compared.set(id, text);
    draw();
  };
  const scan = async (picture: File): Promise<void> => {
    const { read } = (await import(JSON.parse(find("scan-code").textContent) as string)) as typeof scanning;
    setDigits((await read(picture)) || "?");
  };
  const verdict = judge(compared.get(id) ?? "", newcomer.fingerprint);
  return html`
    ${comparedDigits(
      newcomer.fingerprint,
      t("Ask them for their digits, by voice or side by side. Approve them only if all digits are the same."),
    )}
    <details><summary>${t("Have them compared: type them, or scan the code on their screen")}</summary>
      <div class="field"><label for="digits-${id}">${t("Their digits")}</label>
      <input id="digits-${id}" type="text" dir="ltr" inputmode="numeric" autocomplete="off" .value=${compared.get(id) ?? ""}
        @input=${(event: Event) => setDigits(valueOf(event))}></div>
      <div class="field"><label for="scan-${id}">${t("A picture of their code")}</label>
      <input id="scan-${id}" type="file" accept="image/*" capture="environment" @change=${(event: Event) => {
        const field = event.target as HTMLInputElement;
        const [picture] = field.files ?? [];
        field.value = ""; // Firefox stores the names of chosen files
        if (picture) void scan(picture);
      }}></div>
    </details>
    ${
      verdict
        ? html`<p class="notice ${verdict === "same" ? "" : "error"}" role="status" id="compared-${id}">${inWords(verdict)}</p>`
        : nothing
    }`;
}

type Verdict = "" | "same" | "short" | "different" | "unread";

/** Judge the digits. Digits that are right so far are judged only when all 40 are typed. */
export function judge(text: string, fingerprint: string): Verdict {
  if (!text) return "";
  let digits: string;
  try {
    digits = plain(text);
  } catch {
    return "unread";
  }
  const expected = plain(fingerprint);
  if (digits.length < expected.length) return expected.startsWith(digits) ? "short" : "different";
  return digits === expected ? "same" : "different";
}

function inWords(verdict: Verdict): string {
  switch (verdict) {
    case "same":
      return t("All 40 digits are the same.");
    case "short":
      return t("The same so far. Go on.");
    case "different":
      return t("These digits are different. Do not approve this person. Ask them again another way.");
    default:
      return t("No digits could be read.");
  }
}
