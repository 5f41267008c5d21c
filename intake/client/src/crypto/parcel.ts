/** Parcels: a line of JSON, then age files as they are. docs/reference/format.md, Parcels. */
import { type Bytes, join, utf8 } from "./encoding.js";
import { CryptoError } from "./errors.js";
import { type Check, object, parse, whole } from "./shape.js";

const LINE_FEED = 10;
const sizeShape = object({ bytes: whole });

/** A body that is sent as a parcel. Its byte arrays are the files. */
export class Parcel {
  constructor(private readonly value: object) {}

  pack(): Bytes {
    const files: Uint8Array[] = [];
    const sized = (_: string, member: unknown): unknown => {
      if (!(member instanceof Uint8Array)) return member;
      files.push(member);
      return { bytes: member.length };
    };
    return join(utf8(`${JSON.stringify(this.value, sized)}\n`), ...files);
  }
}

/** Return the JSON of a parcel, with byte arrays where the files were. Throws `CryptoError` for other data. */
export function unpack(data: Bytes): unknown {
  const end = data.indexOf(LINE_FEED);
  if (end < 0) throw new CryptoError("encoding", "a parcel without a line of JSON");
  let next = end + 1;
  const take = (size: number): Bytes => {
    const start = next;
    next += size;
    if (next > data.length) throw new CryptoError("encoding", "a parcel that is cut off");
    return data.subarray(start, next);
  };
  const place: Check<unknown> = (value) => {
    if (Array.isArray(value)) return value.map(place);
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value);
    if (members.length === 1 && members[0]![0] === "bytes") return take(sizeShape(value).bytes);
    return Object.fromEntries(members.map(([name, member]) => [name, place(member)]));
  };
  const value = parse(place, data.subarray(0, end));
  if (next !== data.length) throw new CryptoError("encoding", "a parcel with bytes after its last file");
  return value;
}
