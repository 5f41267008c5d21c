/** Requests to the API. Answers are checked for their shape, and refusals become a `Problem`. */
import { fromUtf8 } from "../crypto/encoding.js";
import { Parcel, unpack } from "../crypto/parcel.js";
import { type Check } from "../crypto/shape.js";

const PATIENCE = 45_000; // ms for one answer
const TRIES = 3;
const PARCEL = "application/octet-stream";
const LONGEST = 10_000; // ms between two attempts

/** Why the server refused (docs/reference/openapi.yaml, problems), or `offline` without an answer. */
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

/** The price of a sign-in under load: how many tries of work, for this token. */
export interface Price {
  token: string;
  price: number;
}

/** Send one request, once, with JSON or a parcel. Throws a `Problem`, or a `CryptoError` for an answer of another shape. */
export async function ask<T>(method: string, path: string, check: Check<T>, body?: unknown): Promise<T> {
  let response: Response;
  let data: Uint8Array<ArrayBuffer>;
  const patience = new AbortController(); // old phones lack AbortSignal.timeout
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: patience.signal,
      ...contentOf(body),
    });
    data = new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new Problem("offline");
  } finally {
    clearTimeout(timer);
  }
  if (response.headers.get("content-type") === PARCEL) return check(unpack(data));
  const json = jsonOf(data);
  if (response.ok) return check(json);
  const { type, day, phone, fault, token, price } = json as Record<string, unknown>;
  const kind = textOf(type).replace("urn:sealed-intake:", "") || "failed";
  const work = kind === "work" ? { token: textOf(token), price: Number(price) } : null;
  throw new Problem(kind, textOf(day), textOf(phone), textOf(fault), work);
}

function contentOf(body: unknown): RequestInit {
  if (body === undefined) return {};
  if (body instanceof Parcel) return { headers: { "content-type": PARCEL }, body: body.pack() };
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function jsonOf(data: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(data));
  } catch {
    throw new Problem("offline");
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** How many attempts to make, and a callback for a lost connection. */
export interface Patience {
  tries?: number;
  onDown?: () => void;
}

/** Like `ask`, with further attempts if there is no answer. Only for requests that can be sent twice. */
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

/** Wait, or return earlier when the device is online again. */
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
