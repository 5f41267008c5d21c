/** Load pricing of sign-in: while many people sign in, an attempt costs work. docs/reference/format.md, Work. */
import { b64 } from "../../crypto/encoding.js";
import * as work from "../../crypto/work.js";
import { Problem } from "../../net/api.js";

const MAX_PRICE = 2048; // tries for one attempt
const PRICES = 5; // prices that are paid before giving up, because each may have risen meanwhile
const PAUSES = 20; // waits while the server is too busy even for paid attempts; paid work stays valid
const PAUSE = 1_000; // ms

export interface Paid {
  token: string;
  nonce: string;
}

/**
 * Send something. Do the work if the server asks for it, wait if it is too busy, and send again. Throws other errors
 * of `send`.
 */
export async function payForLoad<T>(send: (paid: { work?: Paid }) => Promise<T>): Promise<T> {
  let paid: { work?: Paid } = {};
  for (let prices = 0, pauses = 0; ;) {
    try {
      return await send(paid);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind === "crowded" && pauses++ < PAUSES) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        continue;
      }
      const quoted = error.work;
      if (!quoted || quoted.price > MAX_PRICE || prices++ === PRICES) throw error;
      paid = { work: { token: quoted.token, nonce: b64(await work.pay(quoted.token, quoted.price)) } };
    }
  }
}
