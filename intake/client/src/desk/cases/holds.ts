/** Keep a closed case longer: propose a hold, agree to it, end it. docs/reference/format.md, Hold. */
import { CryptoError } from "../../crypto/errors.js";
import * as hold from "../../crypto/hold.js";
import { flag, object, text } from "../../crypto/shape.js";
import { ask } from "../../net/api.js";
import { type Member } from "../member/member.js";
import { type OpenCase, readCase, write } from "./cases.js";

/** Propose to keep the case until a day, even when it is closed. A colleague must sign the same text. */
export async function proposeHold(me: Member, id: string, until: string, reason: string): Promise<void> {
  await write(me, id, "hold", () => ({ text: reason, until }));
  const opened = await readCase(me, id);
  const written = opened.shared.filter((next) => next.kind === "hold" && next.author === me.id).at(-1);
  if (written?.kind !== "hold") throw new CryptoError("binding", "the reason was not kept");
  await signHold(me, id, hold.bodyOf(id, until, written.digest, me.author.head));
}

/** Agree to a hold that a present member proposed. */
export async function agreeToHold(me: Member, opened: OpenCase): Promise<void> {
  if (!opened.hold || !opened.hold.by.every((member) => me.group.keys.members.has(member)))
    throw new CryptoError("signature", "a hold by a former member");
  await signHold(me, opened.id, opened.hold.body);
}

async function signHold(me: Member, id: string, body: string): Promise<void> {
  await ask("POST", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ until: text }), {
    body,
    signature: hold.sign(body, me.author),
  });
}

export async function endHold(id: string): Promise<void> {
  await ask("DELETE", `/api/desk/cases/${encodeURIComponent(id)}/hold`, object({ ended: flag }));
}
