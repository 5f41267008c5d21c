/** How hard a passphrase is to guess, judged here and offline: zxcvbn with its list of common and breached passwords. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

export const MIN_LENGTH = 12; // characters; docs/format.md asks for no more, length counts over rules
const LOOKED_AT = 72; // characters: what follows cannot make it weaker
const MIN_OWN = 6; // letters and digits beside names that everybody here knows
const REFUSED = 1; // zxcvbn's score: guessed within 10^8 tries or fewer

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/** What whoever guesses here tries first: the handle, and names that everybody reads on this page. */
function known(handle: string): string[] {
  const names = [handle, globalThis.document?.querySelector("header .group")?.textContent ?? "", globalThis.location?.hostname ?? "", "sealed intake mutual aid"];
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]);
  // The longest first: a name goes before the words in it.
  return [...new Set(words.map((word) => word.trim().toLowerCase()).filter((word) => word.length > 2))].sort((a, b) => b.length - a.length);
}

export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  verdict: "short" | "common" | "good";
}

export function strength(passphrase: string, handle: string): Strength {
  const names = known(handle);
  const { score } = judge.check(passphrase.slice(0, LOOKED_AT), names);
  const own = names.reduce((rest, word) => rest.replaceAll(word, ""), passphrase.toLowerCase()).replace(/[^\p{L}\p{N}]/gu, "");
  const verdict = [...passphrase].length < MIN_LENGTH ? "short" : score <= REFUSED || [...own].length < MIN_OWN ? "common" : "good";
  return { score, verdict };
}
