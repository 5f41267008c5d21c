/** The API. Answers are checked for their shape; refusals become a `Problem` that a person can read. */
import { CryptoError } from "../crypto/errors.js";
import { type Check, day as dayShape, list, maybe, object, whole } from "../crypto/shape.js";
import { type Signed, signedShape } from "../crypto/signing.js";
import { type Snapshot, verify as verifySnapshot } from "../crypto/snapshot.js";
import * as keylist from "../crypto/keylist/keylist.js";
import { today as ownToday } from "../crypto/encoding.js";
import { type Clocks, readingDay } from "./clocks.js";
import { dayInWords, t } from "../page/i18n.js";

const PATIENCE = 45_000; // ms for one answer
const TRIES = 3;
const LONGEST = 10_000; // ms between two tries

/** What the server refused and why (docs/reference/openapi.yaml, problems), or `offline` when there was no answer. */
export class Problem extends Error {
  constructor(
    readonly kind: string,
    readonly day = "",
    readonly phone = "",
    readonly fault = "",
    readonly work: Price | null = null,
  ) {
    super(kind);
  }
}

/** What an attempt to sign in costs while many are under way: tries of work for this token. */
export interface Price {
  token: string;
  price: number;
}

/** One request, once. Throws a `Problem`, or a `CryptoError` for an answer of another shape. */
export async function ask<T>(method: string, path: string, check: Check<T>, body?: unknown): Promise<T> {
  let answer: Response;
  let told: unknown;
  const patience = new AbortController(); // AbortSignal.timeout is too new for old phones
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    answer = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: patience.signal,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    told = await answer.json();
  } catch {
    throw new Problem("offline");
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok) return check(told);
  const { type, day, phone, fault, token, price } = told as Record<string, unknown>;
  const kind = textOf(type).replace("urn:sealed-intake:", "") || "failed";
  const work = kind === "work" ? { token: textOf(token), price: Number(price) } : null;
  throw new Problem(kind, textOf(day), textOf(phone), textOf(fault), work);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** How long to go on: attempts in all, and whom to tell that the line is down. */
export interface Patience {
  tries?: number;
  onDown?: () => void;
}

/** As `ask`, again when there was no answer: only for what may be sent twice. */
export async function askAgain<T>(
  method: string,
  path: string,
  check: Check<T>,
  body?: unknown,
  { tries = TRIES, onDown }: Patience = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(method, path, check, body);
    } catch (error) {
      const passing =
        error instanceof Problem && (error.kind === "offline" || error.kind === "unavailable" || error.kind === "slow");
      if (!passing || attempt >= tries) throw error;
      onDown?.();
      await pause(Math.min(700 * 2 ** (attempt - 1), LONGEST));
    }
  }
}

/** Wait, but no longer than until the device says that it is back on a line. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      removeEventListener("online", done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });

const keylistShape = object({
  entries: list(keylist.signedShape),
  snapshot: maybe(signedShape),
  today: dayShape,
  maximum_days: whole,
});

export interface Group {
  keys: keylist.KeyList;
  /** The newest snapshot; null if there is none that is recent enough, and a member has to sign in first. */
  snapshot: Snapshot | null;
  /** The server's day: for what the server dates. */
  today: string;
  /** The day for what is refused and shown. */
  on: string;
  clocks: Clocks;
}

/**
 * The verified key list; null while nobody has enrolled. Checks a fingerprint where the address has one, and refuses a snapshot older than
 * the version seen.
 */
export async function group(
  expected: keylist.Expected & { version?: number } = {},
  patience: Patience = {},
): Promise<Group | null> {
  const told = await askAgain("GET", "/api/form/keylist", keylistShape, undefined, patience);
  if (told.entries.length === 0) return null;
  const clocks = { own: ownToday(), server: told.today };
  const keys = keylist.verify(told.entries, clocks.own, expected);
  return {
    keys,
    snapshot: told.snapshot && recent(told.snapshot, keys, clocks.own, expected.version ?? 0),
    today: told.today,
    on: readingDay(clocks),
    clocks,
  };
}

/** The snapshot if it is recent enough. Throws `CryptoError` for one that does not verify or is of another list. */
function recent(signed: Signed, keys: keylist.KeyList, on: string, seen: number): Snapshot | null {
  try {
    return verifySnapshot(signed, keys, on, seen);
  } catch (error) {
    if (error instanceof CryptoError && error.layer === "stale snapshot") return null;
    throw error;
  }
}

/** The snapshot that seals for requesters are checked against. Throws a `Problem` where a member has to sign in first. */
export function snapshotOf({ snapshot }: Group): Snapshot {
  if (!snapshot) throw new Problem("no-recent-sign-in");
  return snapshot;
}

/** What the page's own link tells of the group: the fingerprint after `#`, if there is one. Read once: `#main` replaces it. */
export const linked: keylist.Expected = (() => {
  const digits = (typeof location === "undefined" ? "" : location.hash).slice(1).replace(/[\s-]|%20/g, "");
  return /^\d{40}$/.test(digits) ? { fingerprint: digits } : {};
})();

/** What a person reads: what happened and what to do now. */
export function inWords(error: unknown): string {
  if (error instanceof CryptoError) return ofCrypto(error);
  switch (error instanceof Problem ? error.kind : "") {
    case "offline":
      return t("There was no answer. Check the connection and try again.");
    case "unavailable":
    case "failed":
    case "crowded":
    case "work":
      return t("The computer cannot do this now. Nothing was changed. Try again in a few minutes.");
    case "full": {
      const { phone } = error as Problem;
      return phone
        ? t("No more requests can be taken here today. Nothing was sent. Please call the group: %(phone)s", {
            phone: `\u2066${phone}\u2069`,
          })
        : t(
            "No more requests can be taken here today. Nothing was sent. Please try again tomorrow, or reach the group another way.",
          );
    }
    case "clock":
      return t(
        "The clock of the group's computer is wrong, so it takes nothing now. Nothing was sent or changed. Try again later, or tell whoever runs it.",
      );
    case "day-limit":
      return t("This is as much as can be taken in one day. Nothing was sent. Please try again tomorrow.");
    case "slow":
      return t("The connection was too slow. Try again.");
    case "not-open":
      return t("Nobody can read requests here yet. Please come back later.");
    case "no-recent-sign-in":
      return t(
        "No request can be taken now: nobody of the group has signed in for some time. Nothing was sent. Please reach the group another way.",
      );
    case "not-found":
      return t("There is nothing here under this. It may have been withdrawn or deleted.");
    case "gone":
      return t("It was deleted on its day: %(day)s. Nobody can read it any more.", {
        day: dayInWords((error as Problem).day),
      });
    case "sign-in":
      return t("Please sign in again.");
    case "waiting":
      return t("Your keys are made, but no colleague has let you in yet, or it has not taken effect.");
    case "invite":
      return t("This link was used, has run out, or never was. Ask for a new one.");
    case "busy":
      return t("Another window of yours is doing this. Go on there, or wait until it is done.");
    case "stale":
      return t("Something changed meanwhile. Try again.");
    case "too-large":
      return t("That is more than fits. Please shorten it.");
    case "old-keys":
      return t(
        "The computer gave out older keys of yours than the group knows. Nothing was opened or sent. Ask whoever runs it what was restored.",
      );
    case "taken":
      return t("This is taken. Choose another.");
    default:
      return t("Something went wrong. Nothing was sent.");
  }
}

function ofCrypto(error: CryptoError): string {
  switch (error.layer) {
    case "key list":
      return t(
        "The group's keys are not the ones that this link names, or were changed. Nothing was sent. Ask the group before you go on.",
      );
    case "snapshot":
    case "statement":
      return t("The helpers' keys are out of date, or this device's date is wrong. Nothing was sent.");
    case "size":
      return t("That is more than fits. Please shorten it.");
    case "digits":
      return t(
        "These are not the right digits: one is wrong or missing. Please compare them with what you wrote down.",
      );
    case "handle":
      return t("A handle has 2 to 32 letters, digits, dots, dashes or underscores.");
    default:
      return t("What the computer sent cannot be trusted or opened. Nothing was sent.");
  }
}
