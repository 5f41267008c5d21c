/** What is typed on the return page, what leaving the page loses, and how long opening takes. */
import * as receipt from "../crypto/receipt.js";
import type { Group } from "../net/group.js";
import { find } from "../page/dom.js";
import { t } from "../page/i18n.js";
import type { Loss } from "../page/leaving.js";
import { ProgressBar } from "../page/progress_bar.js";

/** The receipt's digits, a message, and an earlier date of deletion. */
export interface Typed {
  code: string;
  draft: string;
  sooner: string;
}

const valueOf = (id: string): string =>
  document.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`)?.value ?? "";

export const readTyped = (): Typed => ({ code: valueOf("code"), draft: valueOf("text"), sooner: valueOf("sooner") });

/** Fill in what was typed, in a page of another language. */
export function fillIn({ code, draft, sooner }: Typed): void {
  for (const [id, value] of Object.entries({ code, text: draft, sooner })) {
    const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`);
    if (!field || !value) continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true })); // other modules listen
  }
}

/** Return what leaving the page loses: a half-written message, the opened request, or digits that are typed. */
export function lossOf(opened: boolean): Loss | null {
  const { code, draft } = readTyped();
  const lost = t("If you leave this page, what you typed is lost.");
  if (draft.trim()) return { words: lost, leave: t("Leave and lose your message") };
  if (opened)
    return {
      words: t("If you leave this page, your request closes. You need your receipt to open it again."),
      leave: t("Leave and close my request"),
    };
  return code ? { words: lost, leave: t("Leave and lose what I typed") } : null;
}

/** Stretch the receipt's digits, with a bar where that takes long. */
export async function stretched(code: string, { keys }: Group): Promise<receipt.Receipt> {
  const words = t("Your browser needs some time to open your request. Please keep this page open.");
  const progress = new ProgressBar(find("open-actions"), words);
  try {
    return await receipt.stretch(code, keys.group, (done) => progress.update(done));
  } finally {
    progress.end();
  }
}
