/**
 * Keep what a member types in a case: as a draft on the server that only this member can open. Nothing is stored in the
 * browser. docs/reference/format.md, Draft.
 */
import { b64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import * as draft from "../../crypto/draft.js";
import { flag, object } from "../../crypto/shape.js";
import { ask, Problem } from "../../net/api.js";
import type { Member } from "../member/member.js";
import type { CaseState } from "./case_state.js";
import * as cases from "./cases.js";
import type { OpenCase } from "./cases.js";
import { FIELDS, type Typed } from "./typed.js";

const PAUSE = 1_000; // ms without a key before what is typed is stored
const PASSING = new Set(["sign-in", "offline", "unavailable", "slow"]); // problems after which a draft can still be stored

/** A draft of a case, encrypted, as the server stores it. Empty for a case in which nothing is typed. */
interface Sealed {
  id: string;
  file: string;
}

const addressOf = (id: string): string => `/api/desk/cases/${encodeURIComponent(id)}/draft`;

export const typedOf = ({ reply, note, reason, plan }: CaseState): Typed => ({
  reply,
  note,
  reason,
  follow_up: plan.text ?? "",
});

/** Open the draft of a case. Without one, return a half-written reply that an earlier version stored in the case. */
export async function restore(me: Member, opened: OpenCase): Promise<Typed> {
  const typed: Typed = { reply: "", note: "", reason: "", follow_up: "" };
  if (!opened.draft.length) return { ...typed, reply: cases.draftOf(opened) };
  try {
    const { after, fields } = await draft.open(opened.draft, opened.id, me.author);
    for (const field of FIELDS) typed[field] = fields[field] ?? "";
    // If the answer to a reply was lost, the reply may have been stored.
    const isSent = opened.shared.some(
      ({ author, kind, content, position }) =>
        author === me.id &&
        kind === "message" &&
        position.number >= after &&
        "text" in content &&
        content.text === typed.reply.trim(),
    );
    return isSent ? { ...typed, reply: "" } : typed;
  } catch (error) {
    if (error instanceof CryptoError) return typed; // the host altered it, and the case stays readable
    throw error;
  }
}

export class Drafts {
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The texts that the server stores, as JSON, by case. */
  private readonly stored = new Map<string, string>();
  private queue: Promise<unknown> = Promise.resolve();
  /** A draft that could not be stored before the session ended. Only its member can open it. */
  private waiting: { member: string; sealed: Sealed } | null = null;

  /** Note what a case contained when it was opened. */
  note(state: CaseState): void {
    this.stored.set(state.opened.id, JSON.stringify(typedOf(state)));
  }

  isStored(state: CaseState): boolean {
    return this.stored.get(state.opened.id) === JSON.stringify(typedOf(state));
  }

  /** Store what is typed after a pause. */
  later(me: Member, state: CaseState): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.store(me, state).catch(() => undefined), PAUSE);
  }

  /** Store what is typed. One request runs after the other, so that the last one wins. */
  store(me: Member, state: CaseState): Promise<void> {
    clearTimeout(this.timer);
    const work = this.queue.then(async () => {
      const text = JSON.stringify(typedOf(state));
      if (this.stored.get(state.opened.id) === text) return;
      await send(await seal(me, state));
      this.stored.set(state.opened.id, text);
    });
    this.queue = work.catch(() => undefined);
    return work;
  }

  /** Encrypt what is not stored yet, and keep it in memory until the same member signs in again. */
  async keep(me: Member, state: CaseState): Promise<void> {
    clearTimeout(this.timer);
    if (!this.isStored(state)) this.waiting = { member: me.id, sealed: await seal(me, state) };
  }

  /**
   * Store what was kept in memory. Called when a session ends, which may be too late, and after sign-in. Another member
   * cannot use it. What the server refuses for good is dropped, so that no later sign-in fails for it.
   */
  async deliver(me: Member): Promise<void> {
    const { waiting } = this;
    this.stored.clear();
    this.waiting = null;
    if (waiting?.member !== me.id) return;
    try {
      await send(waiting.sealed);
    } catch (error) {
      if (error instanceof Problem && PASSING.has(error.kind)) this.waiting ??= waiting;
      throw error;
    }
  }
}

async function seal(me: Member, state: CaseState): Promise<Sealed> {
  const fields = Object.fromEntries(Object.entries(typedOf(state)).filter(([, text]) => text));
  const after = state.opened.last.shared.number + 1;
  const { id } = state.opened;
  return { id, file: Object.keys(fields).length ? b64(await draft.seal(id, after, fields, me.author)) : "" };
}

async function send({ id, file }: Sealed): Promise<void> {
  if (file) await ask("PUT", addressOf(id), object({ stored: flag }), { file });
  else await ask("DELETE", addressOf(id), object({ deleted: flag }));
}
