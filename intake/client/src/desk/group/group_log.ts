/** The group's history: the server's hash-chained log, checked link by link. It has days and no cases. */
import { b64, utf8 } from "../../crypto/encoding.js";
import { Label } from "../../crypto/labels.js";
import { object, type Of, parse, text, whole } from "../../crypto/shape.js";
import { labelledHash } from "../../crypto/signing.js";
import { t } from "../../page/i18n.js";
import type { Member } from "../member/member.js";

const shape = object({ format: text, number: whole, previous: text, day: text, kind: text, member: text, what: text });
export type Event = Of<typeof shape>;

/** Return the events, newest first. `whole` is false if one does not follow from the one before it. */
export function read(texts: string[]): { events: Event[]; whole: boolean } {
  const events = texts.map((line) => parse(shape, line));
  const whole = events.every(
    (event, i) =>
      i === 0 ||
      (event.number === events[i - 1]!.number + 1 &&
        event.previous === b64(labelledHash(Label.LOG, utf8(texts[i - 1]!)))),
  );
  return { events: events.reverse(), whole };
}

export function inWords(me: Member, { kind, member, what }: Event): string {
  const name = me.nameOf(member);
  switch (kind) {
    case "found":
      return t("%(name)s founded the group.", { name });
    case "enrol":
      return what === "pending"
        ? t("One member signed to add %(name)s.", { name })
        : t("%(name)s was added.", { name });
    case "remove":
      return what === "pending"
        ? t("One member signed to remove %(name)s.", { name })
        : t("%(name)s left or was removed.", { name });
    case "freshness":
      return t("How long the form stays open without a sign-in was changed.");
    case "stop":
      return t("A decision was stopped.");
    case "quorum":
      return t("The number who must agree was changed.");
    case "epoch":
      return t("How often keys are renewed was changed.");
    case "recovery":
      return t("The recovery key was made again or removed.");
    case "recover":
      return t("The cases of %(name)s were opened with the recovery key.", { name });
    case "rotated":
      return t("%(name)s renewed their keys.", { name });
    case "retention":
      return t("The key that signs deletions was changed.");
    default:
      return kind;
  }
}
