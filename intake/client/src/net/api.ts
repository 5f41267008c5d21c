/** The API. Answers are checked for their shape; refusals become a `Problem` that a person can read. */
import { type Check } from "../crypto/shape.js";

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
