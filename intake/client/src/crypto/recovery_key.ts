/** What everyone who seals to the recovery key needs of it. docs/reference/format.md, Recovery key. */
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, utf8 } from "./encoding.js";

/** Whom its grants are addressed to; no member's id is this short. */
export const RECOVERY = "recovery";

/** What the key list names a recovery key by. */
export const keyHash = (recipient: string): string => b64(sha256(utf8(recipient)));
