/** Load the parts of the desk that working on cases does not need. The browser loads them once. */
import { Problem } from "../net/api.js";
import type { GroupState } from "./group/group_view.js";
import type { KeysState } from "./keys/keys_view.js";
import type * as code from "./seldom.js";

/** These parts, and what their views show. */
export interface Seldom {
  code: typeof code;
  group: GroupState;
  keys: KeysState;
}

export async function loadSeldom(): Promise<typeof code> {
  try {
    return await import("./seldom.js");
  } catch {
    throw new Problem("not-loaded"); // no connection, or the server was upgraded meanwhile
  }
}

export async function freshSeldom(): Promise<Seldom> {
  const code = await loadSeldom();
  return { code, group: code.freshGroupState(), keys: code.freshKeysState() };
}
