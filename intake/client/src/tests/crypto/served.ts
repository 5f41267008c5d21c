/** What a host serves, from the vectors: their files are base64url, because vectors are JSON. */
import type * as protocol from "../../crypto/case/case.js";
import { type Bytes, unb64 } from "../../crypto/encoding.js";

// eslint-free: vectors are data of many shapes, each operation knows its own.
type Input = any;

const withFile = (stored: Input): { number: number; digest: string; file: Bytes | null } => ({
  ...stored,
  file: stored.file === null ? null : unb64(stored.file),
});

export const servedCase = ({ grant, shared, desk, ...clear }: Input): protocol.ServedCase => ({
  ...clear,
  grant: unb64(grant),
  shared: shared.map(withFile),
  desk: desk.map(withFile),
});

export const servedOwnCase = ({ case: id, receipt_grant: grant, entries, hold }: Input): protocol.ServedOwnCase => ({
  case: id,
  receiptGrant: unb64(grant),
  entries: entries.map(withFile),
  hold,
});
