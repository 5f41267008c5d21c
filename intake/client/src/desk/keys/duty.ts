/** A member's settings for assignment: on duty or not, and public tags for languages or kinds of help. */
import { addDays } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { flag, object } from "../../crypto/shape.js";
import * as snapshot from "../../crypto/snapshot.js";
import * as statement from "../../crypto/statement.js";
import { ask } from "../../net/api.js";
import { kindsOfHelp, optionLabel } from "../cases/form_words.js";
import type { Member } from "../member/member.js";
import { nextBody, pin } from "../member/snapshots.js";

export async function setDuty(me: Member, onDuty: boolean): Promise<void> {
  await ask("PUT", "/api/desk/duty", object({ on_duty: flag }), { on_duty: onDuty });
  await me.refresh();
}

/** Sign a statement of the present epoch key with these tags. It expires when the present one does. */
export async function setTags(me: Member, tags: string[]): Promise<void> {
  const seat = me.seat;
  const { keys } = me.group;
  if (!seat || !me.names.present) return;
  const signed = statement.sign(
    {
      group: keys.group,
      member: me.id,
      recipient: seat.recipient,
      head: keylist.head(keys),
      from: seat.from,
      until: addDays(seat.from, keys.epochDays + statement.GRACE_DAYS),
      tags: [...tags].sort(),
    },
    me.author.seed,
  );
  const seen = await nextBody(me, me.names.present, signed);
  await ask("PUT", "/api/desk/statement", object({ stored: flag }), {
    statement: signed,
    snapshot: snapshot.sign(seen, me.author.seed),
  });
  await pin(me, seen, signed);
  await me.refresh();
}

/** List the tags to choose from: the page's languages, or the form's kinds of help. */
export function options(assignment: string): [string, string][] {
  if (assignment === "language") {
    const links = document.querySelectorAll<HTMLElement>(".languages [lang]");
    return [...links].map((link): [string, string] => [`lang:${link.lang}`, link.textContent]);
  }
  return kindsOfHelp().map((id): [string, string] => [`desk:${id}`, optionLabel(id)]);
}
