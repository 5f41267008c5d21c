/**
 * The group's history in sentences: its decisions from the verified key list, with who signed them, and renewals of
 * keys from the server's hash-chained log, which is checked link by link. Both have days and no cases. Pure: no page,
 * no network.
 */
import { b64, utf8 } from "../../crypto/encoding.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import { Label } from "../../crypto/labels.js";
import { object, type Of, parse, text, whole } from "../../crypto/shape.js";
import { labelledHash } from "../../crypto/signing.js";
import { joined, t } from "../../page/i18n.js";
import { decisionInWords, type NameOf } from "./decision_words.js";

const shape = object({ format: text, number: whole, previous: text, day: text, kind: text, member: text, what: text });
export type Event = Of<typeof shape>;

/** One line of the history. */
export interface Line {
  day: string;
  words: string;
  /** Who signed, and how the decision took effect. */
  notes: string[];
}

/** Return the events, oldest first. `whole` is false if one does not follow from the one before it. */
export function read(texts: string[]): { events: Event[]; whole: boolean } {
  const events = texts.map((line) => parse(shape, line));
  const whole = events.every(
    (event, i) =>
      i === 0 ||
      (event.number === events[i - 1]!.number + 1 &&
        event.previous === b64(labelledHash(Label.LOG, utf8(texts[i - 1]!)))),
  );
  return { events, whole };
}

/** Return the history, newest first. On one day, renewals of keys are above the decisions. */
export function historyOf(keys: keylist.KeyList, events: Event[], nameOf: NameOf): Line[] {
  const renewals = events
    .filter(({ kind }) => kind === "rotated")
    .map(({ day, member }) => ({ day, words: t("%(name)s renewed their keys.", { name: nameOf(member) }), notes: [] }));
  // Sorting is stable, so the lines of one day keep their order.
  return [...decisionLines(keys, nameOf), ...renewals]
    .sort((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day)))
    .reverse();
}

/** An entry of the key list: what it says, and who signed it. */
interface Decision {
  body: keylist.Body;
  signers: string[];
}

function decisionLines(keys: keylist.KeyList, nameOf: NameOf): Line[] {
  const words = wordsWith(keys, nameOf);
  const decisions = keys.entries.map((entry) => ({
    body: keylist.bodyOf(entry),
    signers: Object.keys(entry.signatures),
  }));
  return decisions.map((decision, i) => {
    const { body } = decision;
    const next = decisions[i + 1];
    const isPending = next ? isAnswer(next.body) && !isAnswer(body) : keys.pending?.body.number === body.number;
    // While an entry is pending, only its answer may follow.
    const line = isPending
      ? words.proposed(decision)
      : isAnswer(body)
        ? words.settled(decisions[i - 1]!, decision)
        : words.decided(decision);
    return { day: body.day, ...line };
  });
}

/** Return whether an entry settles the pending one before it. */
const isAnswer = ({ kind }: keylist.Body): boolean => kind === "agree" || kind === "stop" || kind === "enact";

type Sentences = Pick<Line, "words" | "notes">;

/** The sentences for what can happen to a decision. */
function wordsWith(
  keys: keylist.KeyList,
  nameOf: NameOf,
): {
  proposed: (decision: Decision) => Sentences;
  settled: (pending: Decision, answer: Decision) => Sentences;
  decided: (decision: Decision) => Sentences;
} {
  const about = ({ body }: Decision, signer: string): Record<"name" | "decision", string> => ({
    name: nameOf(signer),
    decision: decisionInWords(body, keys, nameOf),
  });
  const decided = ({ body, signers }: Decision): Sentences => {
    const name = nameOf(body.member);
    if (body.kind === "found") return { words: t("%(name)s founded the group.", { name }), notes: [] };
    if (body.kind === "remove" && signers.includes(body.member))
      return { words: t("%(name)s left the group.", { name }), notes: [] };
    const signed = t("Signed by: %(names)s.", { names: joined(signers.map(nameOf)) });
    return { words: result(body, keys, nameOf), notes: [signed] };
  };
  const settled = (pending: Decision, answer: Decision): Sentences => {
    switch (answer.body.kind) {
      case "stop":
        return { words: t("%(name)s stopped: %(decision)s", about(pending, answer.signers[0]!)), notes: [] };
      case "agree":
        return decided({ body: pending.body, signers: [...pending.signers, ...answer.signers] });
      default: {
        const { words, notes } = decided(pending);
        return {
          words,
          notes: [...notes, t("Nobody stopped the decision, so it took effect after the waiting time.")],
        };
      }
    }
  };
  const proposed = (decision: Decision): Sentences => ({
    words: t("%(name)s proposed: %(decision)s", about(decision, decision.signers[0]!)),
    notes: [],
  });
  return { proposed, settled, decided };
}

function result(body: keylist.Body, keys: keylist.KeyList, nameOf: NameOf): string {
  const name = nameOf(body.member);
  switch (body.kind) {
    case "enrol":
      return t("%(name)s was added.", { name });
    case "remove":
      return t("%(name)s was removed.", { name });
    case "retention":
      return t("The key that signs deletions was changed.");
    default:
      return t("Decided: %(decision)s", { decision: decisionInWords(body, keys, nameOf) });
  }
}
