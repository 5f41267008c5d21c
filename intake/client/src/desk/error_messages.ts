/** Error messages for coordinators, on top of those that every page has. */
import { type Clocks, ClocksError } from "../net/clocks.js";
import * as keylist from "../crypto/keylist/keylist.js";
import { errorMessage as pageErrorMessage } from "../page/error_messages.js";
import { Problem } from "../net/api.js";
import { formatDay, t } from "../page/i18n.js";

export function errorMessage(error: unknown): string {
  if (error instanceof ClocksError) return clocksDiffer(error.clocks);
  switch (error instanceof Problem ? error.kind : "") {
    case "recovery-threshold":
      return t(
        "The recovery key must need at least as many members as must agree. Make a new one that needs more, then try again.",
      );
    case "group-full":
      return groupFull();
    default:
      return pageErrorMessage(error);
  }
}

/** Return the message that the group is full. */
export const groupFull = (): string =>
  t("This group has %(number)s members, as many as it can have. Somebody must leave before anybody else can join.", {
    number: String(keylist.MAX_MEMBERS),
  });

/** Return the message that the clocks differ: what each shows, and what to do. */
export const clocksDiffer = ({ own, server }: Clocks): string =>
  t(
    "This device's clock says %(own)s, the clock of the group's computer says %(server)s. Nothing was signed or renewed. Set the clock that is wrong, then sign in again.",
    { own: formatDay(own), server: formatDay(server) },
  );
