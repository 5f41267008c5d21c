/** Sign a decision from a view, and report how many signatures it still lacks. */
import { t } from "../../page/i18n.js";
import type { Actions } from "../actions.js";

/** What this member was asked to confirm before it happens. */
export interface Confirmation {
  question: string;
}

/** Return the work of a button that signs. `work` returns how many signatures are still needed. */
export type Sign = (work: () => Promise<number>) => () => Promise<void>;

export const signer =
  (confirmation: Confirmation, actions: Actions): Sign =>
  (work) =>
  async () => {
    const missingSignatures = await work();
    confirmation.question = "";
    if (!missingSignatures) await actions.settled();
    // The button may disappear with the decision, so its result is shown above the view.
    actions.draw({
      message: () =>
        missingSignatures
          ? t("It is signed. Signatures still needed: %(number)s.", { number: String(missingSignatures) })
          : t("It is signed."),
    });
  };
