/** Say what a decision changes. Pure: no page, no network. */
import * as keylist from "../../crypto/keylist/keylist.js";
import { t, tn } from "../../page/i18n.js";

/** Return a member's name, as a sentence shows it. */
export type NameOf = (member: string) => string;

export function decisionInWords(
  { kind, member, key, value }: keylist.Body,
  keys: Pick<keylist.KeyList, "allMembers">,
  nameOf: NameOf,
): string {
  const name = nameOf(member);
  switch (kind) {
    case "remove":
      return t("Remove %(name)s", { name });
    case "quorum":
      return tn("From now on %(num)s member must agree", "From now on %(num)s members must agree", value);
    case "freshness":
      return tn(
        "Keep the form open for %(num)s day when nobody signs in",
        "Keep the form open for %(num)s days when nobody signs in",
        value,
      );
    case "epoch":
      return tn("Renew keys every %(num)s day", "Renew keys every %(num)s days", value);
    case "recovery":
      return key
        ? tn(
            "A new recovery key that %(num)s member opens. %(name)s tries it first.",
            "A new recovery key that %(num)s members open together. %(name)s tries it first.",
            value,
            { name },
          )
        : t("Go on without a recovery key");
    case "recover":
      return t("Open the cases of %(from)s with the recovery key and give them to %(to)s", {
        from: nameOf(keylist.memberOf(keys, key) ?? ""),
        to: name,
      });
    case "retention":
      return t("Another key that signs deletions");
    default:
      return t("Add %(name)s", { name });
  }
}
