/** How hard a passphrase is to guess, judged here and offline: zxcvbn with its list of common and breached passwords. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

export const MIN_LENGTH = 12; // characters; docs/format.md asks for no more, length counts over rules
const LOOKED_AT = 72; // characters: what follows cannot make it weaker
const REFUSED = 1; // zxcvbn's score: guessed within 10^8 tries or fewer

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  verdict: "short" | "common" | "good";
}

export function strength(passphrase: string, handle: string): Strength {
  const { score } = judge.check(passphrase.slice(0, LOOKED_AT), handle ? [handle] : []);
  const verdict = [...passphrase].length < MIN_LENGTH ? "short" : score <= REFUSED ? "common" : "good";
  return { score, verdict };
}
