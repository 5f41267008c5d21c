/**
 * How the page "Fill in the form for someone" gets its mark from the desk, which is open in another tab of this browser.
 *
 * The form names a case and how the request came. The desk answers with the member's signature of these two and with their
 * name. No key and no answer to a question passes from one tab to the other.
 */
import { unb64 } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import { type Channel, CHANNELS, sign } from "../crypto/on_behalf.js";
import { type Check, object, oneOf, text } from "../crypto/shape.js";
import { type CaseAuthor, type Signed, signedShape } from "../crypto/signing.js";

const NAME = "on-behalf";
const PATIENCE = 3_000; // ms for a desk to answer. A browser may have frozen its tab
const ACTIVE_EVERY = 30_000; // ms between reports of activity

/** The id of a case. */
const id: Check<string> = (value) => {
  unb64(text(value), 16);
  return text(value);
};
const askedShape = object({ asked: id, channel: oneOf(...CHANNELS) });
const activeShape = object({ active: text });
const answerShape = object({ answered: text, signed: signedShape, name: text });

/** A member's signature that they wrote a request down, and their name. */
export interface Mark {
  signed: Signed;
  name: string;
}

/** The part of a signed-in member that the desk lends to forms. */
export interface DeskMember {
  canSign: boolean;
  author: CaseAuthor;
  handle: string;
}

/** At the desk: sign for forms while somebody is signed in. Returns the channel. */
export function answerForms(member: () => DeskMember | null, idle: { note: () => void }): BroadcastChannel | null {
  const channel = opened();
  if (!channel) return null;
  channel.onmessage = ({ data }) => {
    if (read(activeShape, data)) idle.note();
    const asked = read(askedShape, data);
    const present = member();
    if (!asked || !present?.canSign) return;
    const { asked: id, channel: way } = asked;
    channel.postMessage({ answered: id, signed: sign(id, way, present.author), name: present.handle });
  };
  return channel;
}

/** At the form: ask the desk to sign. Returns null if no desk answers. */
export function askForMark(caseId: string, way: Channel): Promise<Mark | null> {
  const channel = opened();
  if (!channel) return Promise.resolve(null);
  return new Promise<Mark | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE);
    channel.onmessage = ({ data }) => {
      const answer = read(answerShape, data);
      if (answer?.answered !== caseId) return;
      clearTimeout(timer);
      resolve({ signed: answer.signed, name: answer.name });
    };
    channel.postMessage({ asked: caseId, channel: way });
  }).finally(() => channel.close());
}

/** At the form: tell the desk now and then that its member is at work, so that it does not sign them out. */
export function reportActivity(): void {
  const channel = opened();
  let last = -Infinity;
  const report = (): void => {
    if (Date.now() - last < ACTIVE_EVERY) return;
    last = Date.now();
    channel?.postMessage({ active: "" });
  };
  for (const sign of ["input", "keydown", "pointerdown"])
    addEventListener(sign, report, { passive: true, capture: true });
}

/** Open the channel. Browsers from before 2022 may have none. */
const opened = (): BroadcastChannel | null => ("BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null);

function read<T>(shape: Check<T>, data: unknown): T | null {
  try {
    return shape(data);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
