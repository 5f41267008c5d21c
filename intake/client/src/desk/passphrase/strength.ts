/** Judge how hard a passphrase is to guess, offline: zxcvbn with lists of common and breached passwords. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

export const MIN_LENGTH = 12; // characters; length counts more than rules
const LOOKED_AT = 72; // characters: the rest cannot make a passphrase weaker
const MIN_OWN = 6; // letters and digits outside of names that every member knows
const MIN_SCORE = 3; // of zxcvbn's 0 to 4: at least 10^8 guesses

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
const RUNS = new Set(["straightRow", "keyPattern", "simpleRepeat", "extendedRepeat", "sequences"]);
const DATES = new Set(["recentYears", "dates"]);

/** List what a guesser tries first: the sign-in name, and the names on the page. */
function guessableNames(handle: string): string[] {
  // The tests of this module run without a page.
  const onPage =
    typeof document === "undefined"
      ? []
      : [document.querySelector("header .group")?.textContent ?? "", location.hostname];
  const names = [handle, ...onPage, "sealed intake mutual aid"];
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]);
  // The longest first, so that a full name is removed before the words in it.
  return [...new Set(words.map((word) => word.trim().toLowerCase()).filter((word) => word.length > 2))].sort(
    (a, b) => b.length - a.length,
  );
}

/** Why a passphrase is weak. Contains nothing of the passphrase. */
export type Weakness = "names" | "runs" | "dates" | "words";

export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  verdict: "short" | "common" | "weak" | "good";
  weakness: Weakness;
}

export function strength(passphrase: string, handle: string): Strength {
  const names = guessableNames(handle);
  const { score: judged, feedback } = judge.check(passphrase.slice(0, LOOKED_AT), names);
  const own = names
    .reduce((remaining, word) => remaining.replaceAll(word, ""), passphrase.toLowerCase())
    .replace(/[^\p{L}\p{N}]/gu, "");
  const borrowed = [...own].length < MIN_OWN;
  const short = [...passphrase].length < MIN_LENGTH;
  // The meter must not show "good" next to a refusal.
  const score = Math.min(judged, borrowed ? 1 : short ? 2 : 4) as Strength["score"];
  const verdict = short ? "short" : score <= 1 ? "common" : score < MIN_SCORE ? "weak" : "good";
  const warning = feedback.warning ?? "";
  const weakness =
    borrowed && own !== passphrase ? "names" : RUNS.has(warning) ? "runs" : DATES.has(warning) ? "dates" : "words";
  return { score, verdict, weakness };
}
