/**
 * The parts of the desk that working on cases does not need: the group, the member's own keys, and what changes them.
 *
 * `load_lazy_views.ts` loads them when they are opened, so that a desk on a slow line shows its cases sooner. docs/adr/0045.
 */
export { followUp } from "./group/decisions.js";
export { freshGroupState, groupView } from "./group/group_view.js";
export { keepShare, renew, toOpen } from "./group/recovery.js";
export { freshKeysState, keysView } from "./keys/keys_view.js";
export { loadNotices } from "./keys/notices_view.js";
export { paperView } from "./keys/paper_view.js";
export { loadStrict } from "./keys/passkeys_view.js";
export { rotate } from "./keys/rotation.js";
export { loadSessions } from "./keys/sessions_view.js";
