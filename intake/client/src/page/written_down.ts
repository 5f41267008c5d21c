/** The words that say who wrote a request down for its author. */
import type { Channel } from "../crypto/on_behalf.js";
import { t } from "./i18n.js";

export function writtenDown(channel: Channel, name: string): string {
  switch (channel) {
    case "phone":
      return t("Written down by %(name)s, by phone", { name });
    case "door":
      return t("Written down by %(name)s, at the door", { name });
    case "paper":
      return t("Written down by %(name)s, from a paper form", { name });
  }
}
