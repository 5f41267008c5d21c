/** Load and show the parts of the desk that working on cases does not need. The browser loads them once. */
import type { TemplateResult } from "lit";
import { Problem } from "../net/api.js";
import type { Said } from "./action_states.js";
import type { Actions } from "./actions.js";
import type { GroupState } from "./group/group_view.js";
import type { KeysState } from "./keys/keys_view.js";
import type { PaperState } from "./keys/paper_view.js";
import type { Member } from "./member/member.js";
import type * as code from "./lazy_views.js";

/** These parts, and what their views show. */
export interface LazyViews {
  code: typeof code;
  group: GroupState;
  keys: KeysState;
}

export async function loadLazyViews(): Promise<typeof code> {
  try {
    return await import("./lazy_views.js");
  } catch {
    throw new Problem("not-loaded"); // no connection, or the server was upgraded meanwhile
  }
}

export async function freshLazyViews(): Promise<LazyViews> {
  const code = await loadLazyViews();
  return { code, group: code.freshGroupState(), keys: code.freshKeysState() };
}

const VIEWS = ["group", "keys", "paper"] as const;
type LazyView = (typeof VIEWS)[number];

export const isLazy = (view: string): view is LazyView => (VIEWS as readonly string[]).includes(view);

interface LazyViewActions extends Actions {
  toKeys: () => void;
  toPaper: (paper: PaperState) => void;
  /** Leave the page of the paper code, with a message. */
  fromPaper: (message?: Said) => void;
}

export function lazyView(
  me: Member,
  { code, group, keys }: LazyViews,
  view: LazyView,
  paper: PaperState | null,
  actions: LazyViewActions,
): TemplateResult {
  switch (view) {
    case "group":
      return code.groupView(me, group, actions);
    case "keys":
      return code.keysView(me, keys, actions);
    case "paper":
      return code.paperView(me, paper, { ...actions, toKeys: actions.fromPaper });
  }
}
