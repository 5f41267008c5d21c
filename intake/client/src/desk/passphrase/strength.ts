/** How hard a passphrase is to guess, judged here and offline: zxcvbn with its list of common and breached passwords. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

export const MIN_LENGTH = 12; // characters; docs/reference/format.md asks for no more, length counts over rules
const LOOKED_AT = 72; // characters: what follows cannot make it weaker
const MIN_OWN = 6; // letters and digits beside names that everybody here knows
const MIN_SCORE = 3; // of zxcvbn's 0 to 4: at least 10^8 guesses

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
const RUNS = new Set(["straightRow", "keyPattern", "simpleRepeat", "extendedRepeat", "sequences"]);
const DATES = new Set(["recentYears", "dates"]);

/** What whoever guesses here tries first: the handle, and names that everybody reads on this page. */
function known(handle: string): string[] {
  // The tests of this module run without a page.
  const onPage =
    typeof document === "undefined"
      ? []
      : [document.querySelector("header .group")?.textContent ?? "", location.hostname];
  const names = [handle, ...onPage, "sealed intake mutual aid"];
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]);
  // The longest first: a name goes before the words in it.
  return [...new Set(words.map((word) => word.trim().toLowerCase()).filter((word) => word.length > 2))].sort(
    (a, b) => b.length - a.length,
  );
}

/** What makes a passphrase weak: nothing of the passphrase itself. */
export type Weakness = "names" | "runs" | "dates" | "words";

export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  verdict: "short" | "common" | "weak" | "good";
  weakness: Weakness;
}

export function strength(passphrase: string, handle: string): Strength {
  const names = known(handle);
  const { score: judged, feedback } = judge.check(passphrase.slice(0, LOOKED_AT), names);
  const own = names
    .reduce((rest, word) => rest.replaceAll(word, ""), passphrase.toLowerCase())
    .replace(/[^\p{L}\p{N}]/gu, "");
  const borrowed = [...own].length < MIN_OWN;
  const short = [...passphrase].length < MIN_LENGTH;
  // A meter that stands on "good" beside a passphrase that is refused would mislead.
  const score = Math.min(judged, borrowed ? 1 : short ? 2 : 4) as Strength["score"];
  const verdict = short ? "short" : score <= 1 ? "common" : score < MIN_SCORE ? "weak" : "good";
  const warning = feedback.warning ?? "";
  const weakness =
    borrowed && own !== passphrase ? "names" : RUNS.has(warning) ? "runs" : DATES.has(warning) ? "dates" : "words";
  return { score, verdict, weakness };
}
