/**
 * Check an age v1 header before the library reads the file, because the library is less strict about stanzas than
 * age.md and the Python implementation.
 *
 * C2SP age.md, "File format: header". crypto/age/ does the same.
 */
import * as base from "@scure/base";
import { CryptoError } from "../errors.js";
import { hasSmallOrder } from "./kem.js";
import type { Reason } from "../reasons.js";

const VERSION = "age-encryption.org/v1";
const MAX_HEADER = 512 * 1024; // bytes; 255 stanzas are 388 KiB
const LINE = 64; // characters of a full body line
const KIND = "mlkem768x25519";
const SHARE = 1120; // bytes: ML-KEM-768 ciphertext and X25519 share
const BODY = 32; // bytes: file key and tag
const NONCE = 16; // bytes, before the first chunk
const CHUNK = 64 * 1024; // bytes of plaintext
const TAG = 16; // bytes
const characters = new TextDecoder("windows-1252"); // a character for each byte; the rules below allow ASCII only

interface Stanza {
  args: string[];
  body: Uint8Array;
}

/** Throw for a header that age.md's grammar does not allow, or a payload of an impossible length. */
export function check(file: Uint8Array): void {
  const lines = new Lines(file);
  if (!lines.startsWith(`${VERSION}\n`)) refuse("not an age v1 file");
  lines.next();
  const stanzas: Stanza[] = [];
  let line = lines.next();
  for (; !line.startsWith("--- "); line = lines.next()) stanzas.push(readStanza(line, lines));
  if (base64(line.slice(4)).length !== 32 || !stanzas.length) refuse("a MAC of the wrong length, or no stanza");
  for (const stanza of stanzas) if (stanza.args[0] === KIND) checkHybrid(stanza);
  checkPayload(file.length - lines.position);
}

function readStanza(line: string, lines: Lines): Stanza {
  const [arrow, ...args] = line.split(" ");
  if (arrow !== "->" || !args.length || !args.every((arg) => /^[\x21-\x7e]+$/.test(arg))) refuse("a malformed stanza");
  const body: number[] = [];
  for (;;) {
    const text = lines.next();
    if (text.length > LINE) refuse("a stanza line that is too long");
    body.push(...base64(text));
    if (text.length < LINE) return { args, body: Uint8Array.from(body) };
  }
}

function checkHybrid({ args, body }: Stanza): void {
  if (args.length !== 2 || body.length !== BODY) refuse("a malformed hybrid stanza");
  const share = base64(args[1]!);
  if (share.length !== SHARE) refuse("a hybrid stanza with a share of the wrong length");
  if (hasSmallOrder(share.subarray(-32))) refuse("a stanza with an invalid share");
}

function checkPayload(length: number): void {
  const size = length - NONCE;
  if (size < 0) refuse("a file that ends before its payload");
  const lastChunk = size % (CHUNK + TAG);
  if (size < TAG || (lastChunk && lastChunk < TAG)) refuse("a payload that ends within a chunk");
}

/** Decode base64 without padding. */
export function base64(text: string): Uint8Array {
  if (text.includes("=")) refuse("not canonical base64");
  try {
    // The library uses the browser's own decoder where it exists, and that needs padding.
    return base.base64.decode(text + "=".repeat((4 - (text.length % 4)) % 4));
  } catch {
    return refuse("not canonical base64");
  }
}

function refuse(reason: Reason): never {
  throw new CryptoError("age", reason);
}

/** The header's lines, one byte per character. */
class Lines {
  position = 0;

  constructor(private readonly file: Uint8Array) {}

  startsWith(text: string): boolean {
    return [...text].every((character, i) => this.file[i] === character.charCodeAt(0));
  }

  next(): string {
    const end = this.file.subarray(0, MAX_HEADER).indexOf(0x0a, this.position);
    if (end < 0) refuse("an unfinished or oversized header");
    const line = characters.decode(this.file.subarray(this.position, end));
    this.position = end + 1;
    return line;
  }
}
