/** The name and the hash of the recovery key, for every client that encrypts to it. docs/reference/format.md. */
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, utf8 } from "./encoding.js";
import { map, object, type Of, text } from "./shape.js";

/** The grantee of grants to the recovery key. No member's id is this short. */
export const RECOVERY = "recovery";

/** Return the hash by which the key list names a recovery key. */
export const keyHash = (recipient: string): string => b64(sha256(utf8(recipient)));

export const signedDealShape = object({ body: text, signatures: map(text) });
/** The text of a deal with the signatures of members under it. */
export type SignedDeal = Of<typeof signedDealShape>;
