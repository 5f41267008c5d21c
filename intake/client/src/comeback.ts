/** Coming back with a receipt: open what its holder may read, write back, withdraw. docs/format.md, Receipt grant. */
import { b64, unb64 } from "./crypto/encoding.js";
import * as entry from "./crypto/entry.js";
import { CryptoError } from "./crypto/errors.js";
import * as hold from "./crypto/hold.js";
import * as keylist from "./crypto/keylist.js";
import * as receipt from "./crypto/receipt.js";
import { day, flag, list, map, maybe, object, text, whole } from "./crypto/shape.js";
import { askAgain, ask, type Group } from "./net.js";

const shape = object({
  hold: maybe(object({ body: text, signatures: map(text) })), case: text, expires: day, open: flag, sealed_by: text, receipt_grant: text,
  entries: list(object({ number: whole, digest: text, file: maybe(text) })),
});

/** A request, as far as its receipt opens it. `hidden` counts entries that are stored but not shown to its holder. */
export interface Opened {
  receipt: receipt.Receipt;
  grant: receipt.ReceiptGrant;
  expires: string;
  open: boolean;
  sealedBy: string;
  /** Until when two coordinators keep it even though it is closed, and why; null without, or for one that does not verify. */
  hold: { until: string; reason: string } | null;
  entries: entry.Entry[];
  hidden: number;
  broken: number[];
  last: { number: number; digest: string };
  key: { number: number; recipient: string; mac: Uint8Array };
}

/** Open the case of a receipt. Throws `Problem` (unknown, gone), `CryptoError` (does not open or verify). */
export async function open(code: string, group: Group): Promise<Opened> {
  const own = await receipt.stretch(code, group.keys.group);
  const told = await askAgain("POST", "/api/form/return", shape, { token: b64(own.token) });
  const grant = await receipt.openGrant(unb64(told.receipt_grant), own, told.case);
  const macs: Uint8Array[] = [unb64(grant.mac, 32)];
  let key = { number: 0, recipient: grant.recipient, mac: macs[0]! };
  const entries: entry.Entry[] = [];
  const broken: number[] = [];
  for (const { number, file } of told.entries) {
    if (file === null) continue;
    try {
      const place = { case: told.case, sequence: "shared" as const, number };
      const one = await entry.open(unb64(file), place, [own.identity], macs, keylist.keyOf(group.keys));
      if (number === 0 && one.digest !== grant.request) throw new CryptoError("binding", "another request than the receipt's");
      if (one.kind === "keys") {
        macs[one.content.number] = unb64(one.content.mac, 32);
        if (one.content.number > key.number) key = { ...one.content, mac: macs[one.content.number]! };
      }
      entries.push(one);
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      broken.push(number);
    }
  }
  const digests = new Map(told.entries.map((one) => [one.number, one.digest]));
  broken.push(...entry.checkSequence(entries, digests).filter((number) => !broken.includes(number)));
  const last = told.entries.reduce((newest, one) => (one.number > newest.number ? one : newest));
  return {
    hold: told.hold && heldBy(told.hold, told.case, entries, group), receipt: own, grant, expires: told.expires, open: told.open, sealedBy: told.sealed_by, entries, broken,
    hidden: told.entries.filter((one) => one.file === null).length, last: { number: last.number, digest: last.digest }, key,
  };
}

function heldBy(told: hold.Hold, caseId: string, entries: entry.Entry[], group: Group): Opened["hold"] {
  try {
    const said = hold.withReason(told, caseId, entries, keylist.keyOf(group.keys));
    return said.inForce ? said : null;
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return null;
  }
}

/** Add a message or a correction, sealed to the newest case key, and to the receipt unless its words are not shown again. */
export async function write(opened: Opened, kind: "message" | "correction", words: string, today: string): Promise<void> {
  const { grant, key, last } = opened;
  const number = last.number + 1;
  const file = await entry.seal({
    place: { case: grant.case, sequence: "shared", number },
    kind, content: { text: words }, day: today, previous: last.digest, key: key.number, macKey: key.mac,
    recipients: grant.shown ? [key.recipient, opened.receipt.identity.recipient] : [key.recipient],
  });
  const body = { token: b64(opened.receipt.token), number, shown: grant.shown, file: b64(file) };
  // The very same is taken twice without harm: a lost answer does not write it a second time.
  await askAgain("POST", "/api/form/entries", object({ number: whole }), body);
}

/** Let it go on an earlier day. */
export async function shorten(opened: Opened, to: string): Promise<void> {
  await ask("POST", "/api/form/shorten", object({ expires: day }), { token: b64(opened.receipt.token), day: to });
}

/** Withdraw. True once its key is destroyed; false while it is only hidden. */
export async function withdraw(opened: Opened): Promise<boolean> {
  const told = await ask("POST", "/api/form/withdraw", object({ destroyed: flag }), { token: b64(opened.receipt.token) });
  return told.destroyed;
}
