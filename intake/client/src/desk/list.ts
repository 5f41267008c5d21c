/** All cases of a member's, page by page, opened in workers. Rows are kept in memory and nowhere else. */
import { list, object, text, whole } from "../crypto/shape.js";
import { CryptoError } from "../crypto/errors.js";
import { find } from "../dom.js";
import { askAgain } from "../net.js";
import type { Answered, Asked, Keys } from "../worker.js";
import type { Member } from "./group.js";
import { byAge, type Listed, listedShape, markOf, type Row } from "./rows.js";

const FIRST_PAGE = 40; // cases: what the first screen needs
const PAGE = 200;
const ROWS_OF_A_WORKER = 1000;
const pageShape = object({ cases: list(listedShape), unreadable: whole, total: whole, after: text });

/** The cases of a list, newest first, and how many could not be opened. */
export interface Found {
  rows: Row[];
  broken: number;
  done: number;
  total: number;
}

interface Lane {
  worker: Worker;
  opened: number;
  /** Answers that it still owes. */
  owed: number;
}

/**
 * Workers side by side, one for each core up to four, started when there is something to open. A worker's engine keeps far more memory
 * than its rows need, and gives it back only with its end: after some thousand rows, and when there is nothing left to open, it ends.
 */
export class Openers {
  readonly count = Math.min(4, Math.max(1, navigator.hardwareConcurrency || 1));
  private lanes: (Lane | null)[] = Array.from({ length: this.count }, () => null);
  private waiting = new Map<number, { resolve: (answer: Answered) => void; reject: (error: Error) => void }>();
  private next = 0;
  private all = new Set<Worker>();

  constructor(private readonly address = JSON.parse(find("worker").textContent!) as string) {}

  /** Open rows in one of the workers. */
  open(keys: Keys, rows: Listed[]): Promise<Answered> {
    const id = this.next++;
    const place = id % this.count;
    const before = this.lanes[place];
    const lane = this.lanes[place] = before && before.opened < ROWS_OF_A_WORKER ? before : this.start();
    lane.opened += rows.length;
    lane.owed++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      lane.worker.postMessage({ id, keys, rows } satisfies Asked);
    });
  }

  /** Nothing more is to be opened for now. */
  rest(): void {
    this.lanes.forEach((lane, place) => {
      if (lane?.owed === 0) this.end(lane);
      this.lanes[place] = null;
    });
  }

  /** For good: with the sign-out. */
  close(): void {
    for (const worker of this.all) worker.terminate();
    this.all.clear();
    this.fail();
  }

  private start(): Lane {
    const lane: Lane = { worker: new Worker(trusted(this.address), { type: "module" }), opened: 0, owed: 0 };
    this.all.add(lane.worker);
    lane.worker.onmessage = ({ data }: { data: Answered }) => {
      this.waiting.get(data.id)?.resolve(data);
      this.waiting.delete(data.id);
      lane.owed--;
      if (lane.owed === 0 && !this.lanes.includes(lane)) this.end(lane);
    };
    lane.worker.onerror = () => this.fail();
    return lane;
  }

  private end({ worker }: Lane): void {
    worker.terminate();
    this.all.delete(worker);
  }

  private fail(): void {
    for (const { reject } of this.waiting.values()) reject(new CryptoError("age", "a worker that stopped"));
    this.waiting.clear();
  }
}

/** Fetch everything and open what is not `known` as it stands; `onFound` gets what there is after each page, first the newest. */
export async function all(me: Member, openers: Openers, known: Row[], onFound: (found: Found) => void, going: () => boolean): Promise<Found> {
  const before = new Map(known.map((row) => [row.id, row]));
  const found: Found = { rows: [], broken: 0, done: 0, total: 0 };
  const keys = keysOf(me);
  const opening: Promise<void>[] = [];
  for (let after = "", size = FIRST_PAGE; ; size = PAGE) {
    const page = await askAgain("GET", `/api/desk/cases?size=${size}${after ? `&after=${encodeURIComponent(after)}` : ""}`, pageShape);
    found.total = page.total;
    found.broken += page.unreadable;
    found.done += page.unreadable;
    if (!going()) return found;
    const kept = page.cases.flatMap((listed) => {
      const row = before.get(listed.case);
      return row?.mark === markOf(listed) ? [row] : [];
    });
    found.rows.push(...kept);
    found.done += kept.length;
    const ids = new Set(kept.map(({ id }) => id));
    const news = page.cases.filter((listed) => !ids.has(listed.case));
    for (const part of slices(news, Math.ceil(news.length / openers.count) || 1)) {
      opening.push(openers.open(keys, part).then(({ rows, broken }) => {
        found.rows.push(...rows);
        found.broken += broken;
        found.done += part.length;
      }));
    }
    // One page is opened while the next is on its way; more would only lie in memory.
    while (opening.length > 2 * openers.count || (size === FIRST_PAGE && opening.length)) await opening.shift();
    after = page.after;
    found.rows.sort(byAge);
    onFound(found);
    if (!after) break;
  }
  await Promise.all(opening);
  openers.rest();
  found.rows.sort(byAge);
  onFound(found);
  return found;
}

/** One case as it stands now; null when it is not this member's any more, or does not open. */
export async function one(me: Member, openers: Openers, id: string): Promise<Row | null> {
  const page = await askAgain("GET", `/api/desk/cases?case=${encodeURIComponent(id)}`, pageShape);
  if (!page.cases.length) return null;
  const { rows } = await openers.open(keysOf(me), page.cases);
  openers.rest();
  return rows[0] ?? null;
}

/** Put a row in its place; without one, take the case out. */
export function put(found: Found, id: string, row: Row | null): void {
  const rows = found.rows.filter((other) => other.id !== id);
  if (row) rows.push(row);
  const more = rows.length - found.rows.length;
  found.total += more;
  found.done += more;
  found.rows = rows.sort(byAge);
}

export const keysOf = (me: Member): Keys =>
  ({ member: me.id, epochs: me.ring.epochs.map(({ id, seed }) => ({ id, seed })), known: [...me.group.keys.known] });

function* slices<T>(all: T[], size: number): Generator<T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}

/** The page's own worker and no other may be started: Trusted Types. */
function trusted(address: string): string {
  const types = (globalThis as { trustedTypes?: { createPolicy: (name: string, rules: object) => { createScriptURL: (url: string) => unknown } } }).trustedTypes;
  policy ??= types?.createPolicy("desk-worker", { createScriptURL: (url: string) => (/^\/s\/worker\.[0-9a-f]{16}\.js$/.test(url) ? url : "") });
  return (policy ? policy.createScriptURL(address) : address) as string;
}
let policy: { createScriptURL: (url: string) => unknown } | undefined;
