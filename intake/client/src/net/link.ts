/** What the page's own link names: the group's fingerprint, after `#`. */
import { decimal } from "../crypto/digits.js";
import type { Expected } from "../crypto/keylist/keylist.js";
import { Problem } from "./api.js";

const DIGITS = 40;
/** A run of this many digits is part of a fingerprint, at any position. No tracking parameter is as long. */
const HALF = DIGITS / 2;
/** Characters that may separate two digits: white space, dashes, a space of a form (+), invisible and bidirectional marks. */
const BETWEEN = /[\s\-_+\xad\u061c\u180e\u2000-\u206f\ufeff]/u;

/** `none`: the fragment is of another kind, such as `#main`. `broken`: the fingerprint is not complete. */
export type Fingerprint = { kind: "none" | "broken" } | { kind: "whole"; digits: string };

/**
 * Read a fragment as links arrive: with digits of any script, percent-encoded, grouped, and followed by what a messenger
 * appended.
 *
 * Lenient reading is safe, because the 40 digits must be those of the group's keys. A fingerprint that is overlooked is
 * not safe. So a text that begins with a digit, or contains half a fingerprint, counts as a fingerprint.
 */
export function readFingerprint(fragment: string): Fingerprint {
  const text = decoded(fragment).replace(/^[^\p{L}\p{N}]+/u, "");
  const runs = runsOfDigits(text);
  const whole = runs.find((run) => run.length === DIGITS);
  if (whole !== undefined) return { kind: "whole", digits: whole };
  const begins = decimal(String.fromCodePoint(text.codePointAt(0) ?? 0)) !== null;
  return { kind: begins || runs.some((run) => run.length >= HALF) ? "broken" : "none" };
}

function runsOfDigits(text: string): string[] {
  let runs = "";
  for (const character of text) {
    const value = decimal(character);
    if (value !== null) runs += String(value);
    else if (!BETWEEN.test(character)) runs += " ";
  }
  return runs.split(" ");
}

/** Undo percent-encoding, also where a messenger encoded twice. */
function decoded(text: string): string {
  for (let times = 0; times < 3; times++)
    text = text.replace(/(?:%[0-9a-f]{2})+/gi, (coded) => {
      try {
        return decodeURIComponent(coded);
      } catch {
        return coded;
      }
    });
  return text;
}

let linked: Fingerprint = { kind: "none" };

/**
 * Return what the page's link names. Throws a `Problem` if the link names a fingerprint that is not whole.
 *
 * A link to `#main` does not replace what was read before. A poster's link that is opened on this page does.
 */
export function linkedGroup(): Expected {
  const fingerprint = readFingerprint(location.hash);
  if (fingerprint.kind !== "none") linked = fingerprint;
  if (linked.kind === "broken") throw new Problem("broken-link");
  return linked.kind === "whole" ? { fingerprint: linked.digits } : {};
}
