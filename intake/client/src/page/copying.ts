/** Copy a text, and say whether that worked. */
import { copy } from "./dom.js";
import { t } from "./i18n.js";

/** The messages for the person who copies, in the page's language whenever they are drawn. */
interface Messages {
  done?: (() => string) | undefined;
  failed?: () => string;
}

/** Copy a text. Returns the message to show: by default that it is copied and who can read it, or that it failed. */
export const copyAndReport = async (text: string, { done, failed }: Messages = {}): Promise<() => string> =>
  (await copy(text))
    ? (done ?? ((): string => t("Copied. Other apps on this device may read it.")))
    : (failed ?? ((): string => t("It could not be copied.")));
