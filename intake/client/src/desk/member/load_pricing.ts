/** What an attempt to sign in costs while many are under way: work, done here and sent along. docs/reference/format.md, Work. */
import { b64 } from "../../crypto/encoding.js";
import * as work from "../../crypto/work.js";
import { Problem } from "../../net/api.js";

const MOST = 2048; // tries for one attempt
const PRICES = 5; // that are paid before giving up: each may have risen meanwhile
const PAUSES = 20; // where too many wait for even that to help; what was paid stays good
const PAUSE = 1_000; // ms

export interface Paid {
  token: string;
  nonce: string;
}

/** Send something; where it costs work, do it and send it again; where too many wait, wait as well. Throws what `send` throws otherwise. */
export async function paying<T>(send: (paid: { work?: Paid }) => Promise<T>): Promise<T> {
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
      const asked = error.work;
      if (!asked || asked.price > MOST || prices++ === PRICES) throw error;
      paid = { work: { token: asked.token, nonce: b64(await work.pay(asked.token, asked.price)) } };
    }
  }
}
