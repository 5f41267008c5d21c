/** Sign a decision from a view, and report how many signatures it still lacks. */
import { t } from "../../page/i18n.js";
import type { Actions } from "../actions.js";

/** What this member was asked to confirm before it happens. */
export interface Confirmation {
  question: string;
}

export type Sign = (work: () => Promise<number>) => () => void;

export const signer =
  (confirmation: Confirmation, actions: Actions): Sign =>
  (work) =>
  () =>
    void actions.attempt(async () => {
      const lacking = await work();
      confirmation.question = "";
      if (!lacking) await actions.settled();
      actions.draw({
        message: lacking
          ? t("It is signed. Signatures still needed: %(number)s.", { number: String(lacking) })
          : t("It is signed."),
      });
    });
