/**
 * Addresses inside the desk, after the `#`. Browsers never send them: `#/cases`, `#/cases/…`, `#/group`, `#/keys`,
 * `#/paper-code`.
 *
 * A browser writes addresses to its history. The address of a case is therefore a keyed hash of its id and of the day:
 * only its member can compute it, and each day the same case has another address.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, netstrings, unb64, utf8 } from "../crypto/encoding.js";
import { derive, Label } from "../crypto/labels.js";
import type { Member } from "./member/member.js";
import type { View } from "./state.js";

const TOKEN = 8; // characters, 48 bits

/** What an address leads to. `token` names a case. */
export interface Destination {
  view: View;
  token: string;
}

const ADDRESSES: Record<Exclude<View, "case">, string> = {
  list: "#/cases",
  group: "#/group",
  keys: "#/keys",
  paper: "#/paper-code",
};

export function tokenOf(me: Member, id: string): string {
  const key = derive(unb64(me.ring.signing, 32), Label.DESK_ADDRESS);
  return b64(hmac(sha256, key, netstrings(utf8(me.today), utf8(id)))).slice(0, TOKEN);
}

export const addressOf = ({ view, token }: Destination): string =>
  view === "case" ? `#/cases/${token}` : ADDRESSES[view];

/** Return what an address leads to. An unknown one leads to the list. */
export function destinationOf(hash: string): Destination {
  const token = /^#\/cases\/([\w-]{8})$/.exec(hash)?.[1];
  if (token) return { view: "case", token };
  const view =
    (Object.keys(ADDRESSES) as (keyof typeof ADDRESSES)[]).find((name) => ADDRESSES[name] === hash) ?? "list";
  return { view, token: "" };
}

/** Return whether an address is one of the desk's. */
export const isInside = (hash: string): boolean => hash.startsWith("#/");

interface Entry {
  depth: number;
  scroll?: number;
}
const entry = (): Entry => (history.state as Entry | null) ?? { depth: 0 };

/** Show an address in the address bar: as a new entry of the history, or in place of this one. */
export function show(destination: Destination, how: "push" | "replace"): void {
  const address = addressOf(destination);
  if (location.hash === address) return;
  const { depth } = entry();
  // The quick exit goes back by `depth`, to the page's first entry.
  if (how === "push") history.pushState({ depth: depth + 1 } satisfies Entry, "", address);
  else history.replaceState({ depth } satisfies Entry, "", address);
}

/** Note in this entry of the history how far its page is scrolled. */
export function noteScroll(): void {
  history.replaceState({ ...entry(), scroll: scrollY } satisfies Entry, "");
}

/** Return how far the page of this entry was scrolled when it was left. */
export const scrollOfEntry = (): number => entry().scroll ?? 0;
