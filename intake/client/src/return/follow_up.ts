/** Follow up with a receipt: read the case, write back, delete the request. docs/reference/format.md, Receipt grant. */
import * as protocol from "../crypto/case/case.js";
import { b64 } from "../crypto/encoding.js";
import * as keylist from "../crypto/keylist/keylist.js";
import type * as receipt from "../crypto/receipt.js";
import * as work from "../crypto/work.js";
import { day, file, flag, list, map, maybe, object, text, whole } from "../crypto/shape.js";
import { digest } from "../crypto/signing.js";
import { askAgain, ask } from "../net/api.js";
import { fetchGroup, type Group } from "../net/group.js";

const shape = object({
  head: text,
  hold: maybe(object({ body: text, signatures: map(text) })),
  case: text,
  expires: day,
  open: flag,
  sealed_by: text,
  receipt_grant: file,
  price: whole,
  entries: list(object({ number: whole, digest: text, file: maybe(file) })),
});

/** A request, as its receipt opens it. `hold` is set while a hold is in force. */
export interface Opened extends protocol.OwnCase {
  receipt: receipt.Receipt;
  expires: string;
  open: boolean;
  sealedBy: string;
  /** Tries of work for each 32 KiB written back. */
  price: number;
}

/** Open the case of a receipt. Throws `Problem` (unknown or deleted) or `CryptoError` (does not open or verify). */
export async function open(own: receipt.Receipt, group: Group): Promise<Opened> {
  const response = await askAgain("POST", "/api/form/return", shape, { token: b64(own.token) });
  // An entry may be signed under a newer head of the key list: fetch the list again.
  if (response.head !== keylist.head(group.keys)) group = (await again(group)) ?? group;
  const served = {
    case: response.case,
    receiptGrant: response.receipt_grant,
    entries: response.entries,
    hold: response.hold,
  };
  const opened = await protocol.openOwn(served, own, { keys: group.keys, snapshot: group.snapshot });
  return {
    ...opened,
    receipt: own,
    expires: response.expires,
    open: response.open,
    sealedBy: response.sealed_by,
    price: response.price,
  };
}

/** Fetch the group again. Its key list may only have grown. */
const again = ({ keys }: Group): Promise<Group | null> =>
  fetchGroup({ group: keys.group, seen: { number: keys.hashes.length - 1, hash: keylist.head(keys) } });

/** Add a message or a correction, encrypted to the newest case key, and to the receipt if its words are shown again. */
export async function write(
  opened: Opened,
  kind: "message" | "correction",
  words: string,
  today: string,
): Promise<void> {
  const { number, file } = await protocol.sealOwnNext(opened, opened.receipt.identity.recipient, kind, words, today);
  const paidFor = work.forEntry(opened.receipt.lookup, number, digest(file));
  const paid = b64(await work.pay(paidFor, work.cost(opened.price, file.length)));
  const body = { token: b64(opened.receipt.token), number, shown: opened.grant.shown, file: b64(file), work: paid };
  // The server accepts the same entry twice, so a lost answer does not write it a second time.
  await askAgain("POST", "/api/form/entries", object({ number: whole }), body);
}

/** Set an earlier day of deletion. */
export async function shorten(opened: Opened, to: string): Promise<void> {
  await ask("POST", "/api/form/shorten", object({ expires: day }), { token: b64(opened.receipt.token), day: to });
}

/** Delete the request. Returns true once its key is destroyed, false while it is only hidden. */
export async function withdraw(opened: Opened): Promise<boolean> {
  const response = await ask("POST", "/api/form/withdraw", object({ destroyed: flag }), {
    token: b64(opened.receipt.token),
  });
  return response.destroyed;
}
