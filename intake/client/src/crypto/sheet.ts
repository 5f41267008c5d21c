/** Sheets: the three lines inside every age file. docs/reference/format.md, Sheets. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, type Bytes, join, unb64, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import type { Label } from "./labels.js";
import { sign, verifyAsync } from "./signing.js";

const KIB = 1024;
const steps = (first: number, last: number, step: number): number[] =>
  Array.from({ length: (last - first) / step + 1 }, (_, i) => first + i * step);

export const Sizes = {
  REQUEST: [11 * KIB, 16 * KIB, ...steps(64 * KIB, 256 * KIB, 64 * KIB)],
  ENTRY: [4 * KIB, 16 * KIB, 64 * KIB],
  GRANT: [1 * KIB, 4 * KIB],
  RECEIPT_GRANT: [2304, 4 * KIB],
  KEYRING: steps(4 * KIB, 1024 * KIB, 4 * KIB),
};

export interface Closing {
  authorSeed?: Uint8Array | undefined;
  macKey?: Uint8Array | undefined;
}

/** Return the bytes that a sheet around `body` needs. More than the largest size does not fit. */
export const needed = (bodyLength: number, closing: { signed: boolean; closed: boolean }): number =>
  bodyLength + 2 + (closing.signed ? 86 : 1) + (closing.closed ? 43 : 1);

export function write(body: Uint8Array, sizes: number[], label: Label, { authorSeed, macKey }: Closing): Bytes {
  const total = needed(body.length, { signed: !!authorSeed, closed: !!macKey });
  const size = sizes.find((allowed) => total <= allowed);
  if (size === undefined) throw new CryptoError("size", "content that exceeds the largest size");
  const signature = utf8(authorSeed ? sign(authorSeed, label, body) : "-");
  const covered = join(body, new Uint8Array(size - total).fill(0x20), utf8("\n"), signature, utf8("\n"));
  return join(covered, utf8(macKey ? b64(hmac(sha256, macKey, covered)) : "-"));
}

export class Sheet {
  constructor(
    readonly body: Bytes,
    private readonly signature: string | null,
    private readonly mac: Bytes | null,
    private readonly covered: Bytes,
  ) {}

  async checkSignature(label: Label, key: string | null): Promise<void> {
    if (key === null) {
      if (this.signature !== null) throw new CryptoError("signature", "an unexpected signature");
      return;
    }
    if (this.signature === null) throw new CryptoError("signature", "a missing signature");
    await verifyAsync(key, label, this.body, this.signature);
  }

  checkMac(key: Uint8Array | null): void {
    if (key === null) {
      if (this.mac !== null) throw new CryptoError("mac", "an unexpected MAC");
      return;
    }
    if (this.mac === null) throw new CryptoError("mac", "a missing MAC");
    if (!equal(this.mac, hmac(sha256, key, this.covered))) throw new CryptoError("mac", "a MAC that does not verify");
  }
}

export function parse(plaintext: Bytes, sizes: number[]): Sheet {
  if (!sizes.includes(plaintext.length)) throw new CryptoError("size", "a sheet of another size");
  const first = plaintext.indexOf(0x0a);
  const second = plaintext.indexOf(0x0a, first + 1);
  if (first < 0 || second < 0 || plaintext.indexOf(0x0a, second + 1) >= 0) {
    throw new CryptoError("encoding", "not a sheet of three lines");
  }
  let end = first;
  while (end > 0 && plaintext[end - 1] === 0x20) end--;
  const signature = tail(plaintext.subarray(first + 1, second), 64, 86);
  const mac = tail(plaintext.subarray(second + 1), 32, 43);
  return new Sheet(
    plaintext.subarray(0, end),
    signature,
    mac === null ? null : unb64(mac, 32),
    plaintext.subarray(0, second + 1),
  );
}

function tail(line: Uint8Array, length: number, characters: number): string | null {
  const text = String.fromCharCode(...line.subarray(0, characters + 1));
  if (text === "-") return null;
  if (text.length !== characters || line.some((byte) => byte > 0x7f))
    throw new CryptoError("encoding", "a sheet with a malformed closing line");
  unb64(text, length);
  return text;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}
