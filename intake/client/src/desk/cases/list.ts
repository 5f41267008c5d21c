/** All cases of a member's, page by page, opened in a worker. Rows are kept in memory and nowhere else. */
import { list, object, text, whole } from "../../crypto/shape.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import type { Authors } from "../../crypto/keylist/keylist.js";
import { find } from "../../page/dom.js";
import { askAgain } from "../../net/api.js";
import type { Answered, Asked, Keys } from "./worker.js";
import type { Member } from "../member/member.js";
import { byAge, type Listed, listedShape, markOf, type Row } from "./rows.js";

const FIRST_PAGE = 40; // cases: what the first screen needs
const PAGE = 100;
const pageShape = object({ head: text, cases: list(listedShape), unreadable: whole, total: whole, after: text });

/** The cases of a list, newest first, and how many could not be opened. */
export interface Found {
  rows: Row[];
  broken: number;
  done: number;
  total: number;
}

/**
 * A worker that opens rows beside the page, started when there is something to open. One alone: the browser's cryptography keeps the other
 * cores busy, and each worker more takes a hundred megabytes. Its engine gives memory back only with its end, so it ends when all is opened.
 */
export class Opener {
  private worker: Worker | null = null;
  private waiting = new Map<number, { resolve: (answer: Answered) => void; reject: (error: Error) => void }>();
  private next = 0;

  constructor(private readonly address = JSON.parse(find("worker").textContent) as string) {}

  open(keys: Keys, rows: Listed[]): Promise<Answered> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.running().postMessage({ id, keys, rows } satisfies Asked);
    });
  }

  /** Nothing more is to be opened for now. */
  rest(): void {
    if (!this.waiting.size) this.end();
  }

  /** For good: with the sign-out. */
  close(): void {
    this.end();
    this.fail();
  }

  private running(): Worker {
    if (!this.worker) {
      this.worker = new Worker(trusted(this.address), { type: "module" });
      this.worker.onmessage = ({ data }: { data: Answered }) => {
        this.waiting.get(data.id)?.resolve(data);
        this.waiting.delete(data.id);
      };
      this.worker.onerror = () => this.fail();
    }
    return this.worker;
  }

  private end(): void {
    this.worker?.terminate();
    this.worker = null;
  }

  private fail(): void {
    for (const { reject } of this.waiting.values()) reject(new CryptoError("age", "a worker that stopped"));
    this.waiting.clear();
  }
}

/** Fetch everything and open what is not `known` as it stands; `onFound` gets what there is after each page, first the newest. */
export async function all(
  me: Member,
  opener: Opener,
  known: Row[],
  onFound: (found: Found) => void,
  going: () => boolean,
): Promise<Found> {
  const before = new Map(known.map((row) => [row.id, row]));
  const found: Found = { rows: [], broken: 0, done: 0, total: 0 };
  let opening: Promise<void> = Promise.resolve();
  for (let after = "", size = FIRST_PAGE; ; size = PAGE) {
    const page = await askAgain(
      "GET",
      `/api/desk/cases?size=${size}${after ? `&after=${encodeURIComponent(after)}` : ""}`,
      pageShape,
    );
    found.total = page.total;
    found.broken += page.unreadable;
    found.done += page.unreadable;
    if (!going()) return found;
    // Signed under an entry of the key list that was not there yet: the list is asked for again.
    if (page.head !== keylist.head(me.group.keys)) await me.refresh();
    const keys = keysOf(me);
    const kept = page.cases.flatMap((listed) => {
      const row = before.get(listed.case);
      return row?.mark === markOf(listed) ? [row] : [];
    });
    add(found, kept);
    found.done += kept.length;
    const ids = new Set(kept.map(({ id }) => id));
    const news = page.cases.filter((listed) => !ids.has(listed.case));
    const opened = opener.open(keys, news).then(({ rows, broken }) => {
      add(found, rows);
      found.broken += broken;
      found.done += news.length;
    });
    // The first page is shown before the second is asked for; later ones are opened while the next is on its way.
    await (size === FIRST_PAGE ? opened : opening);
    opening = opened;
    opened.catch(() => undefined); // who signs out meanwhile waits for it no more
    after = page.after;
    found.rows.sort(byAge);
    onFound(found);
    if (!after) break;
  }
  await opening;
  opener.rest();
  found.rows.sort(byAge);
  onFound(found);
  return found;
}

/** Rows that a change has brought in already are there as they stand now. */
function add(found: Found, rows: Row[]): void {
  const there = new Set(found.rows.map(({ id }) => id));
  found.rows.push(...rows.filter(({ id }) => !there.has(id)));
}

/** One case as it stands now; null when it is not this member's any more, or does not open. */
export async function one(me: Member, opener: Opener, id: string): Promise<Row | null> {
  const page = await askAgain("GET", `/api/desk/cases?case=${encodeURIComponent(id)}`, pageShape);
  const asked = page.cases.filter((listed) => listed.case === id);
  if (!asked.length) return null;
  if (page.head !== keylist.head(me.group.keys)) await me.refresh();
  const { rows } = await opener.open(keysOf(me), asked);
  opener.rest();
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

export const keysOf = (me: Member): Keys => ({
  member: me.id,
  epochs: me.ring.epochs.map(({ id, seed }) => ({ id, seed })),
  known: { keys: authors(me), snapshot: me.snapshot },
});

/** As much of the list as a worker needs. */
function authors({
  group: {
    keys: { hashes, known, members, terms },
  },
}: Member): Authors {
  return { hashes, known, members, terms };
}

/** The page's own worker and no other may be started: Trusted Types. */
function trusted(address: string): string {
  const types = (
    globalThis as {
      trustedTypes?: { createPolicy: (name: string, rules: object) => { createScriptURL: (url: string) => unknown } };
    }
  ).trustedTypes;
  policy ??= types?.createPolicy("desk-worker", {
    createScriptURL: (url: string) => (/^\/s\/worker\.[0-9a-f]{16}\.js$/.test(url) ? url : ""),
  });
  return (policy ? policy.createScriptURL(address) : address) as string;
}
let policy: { createScriptURL: (url: string) => unknown } | undefined;
