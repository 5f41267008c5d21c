/** List all cases of a member, page by page, decrypted in a worker. Rows exist in memory only. */
import { list, object, text, whole } from "../../crypto/shape.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import type { Authors } from "../../crypto/keylist/keylist.js";
import { startWorker, workerAddress } from "../../page/workers.js";
import { askAgain } from "../../net/api.js";
import type { OpenResult, OpenTask, Keys } from "./worker.js";
import type { Member } from "../member/member.js";
import { byAge, type Listed, listedShape, markOf, type Row } from "./rows.js";

const FIRST_PAGE = 40; // cases: fills the first screen
const PAGE = 100;
const pageShape = object({ head: text, cases: list(listedShape), unreadable: whole, total: whole, after: text });

/** The cases of the list, newest first, and how many could not be opened. */
export interface CaseList {
  rows: Row[];
  broken: number;
  done: number;
  total: number;
}

/**
 * Opens rows in a worker, which starts when there is something to open.
 *
 * One worker is enough: the browser's cryptography uses the other cores, and each further worker takes 100 MB. A
 * worker frees its memory only when it ends, so it ends when all rows are open.
 */
export class Opener {
  private worker: Worker | null = null;
  private waiting = new Map<number, { resolve: (answer: OpenResult) => void; reject: (error: Error) => void }>();
  private next = 0;

  constructor(private readonly address = workerAddress("worker")) {}

  open(keys: Keys, rows: Listed[]): Promise<OpenResult> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.running().postMessage({ id, keys, rows } satisfies OpenTask);
    });
  }

  /** Start the worker before there is something to open: loading its code takes as long as fetching the first page. */
  prepare(): void {
    this.running();
  }

  /** End the worker if it has nothing left to open. */
  endIfIdle(): void {
    if (!this.waiting.size) this.end();
  }

  /** End the worker and refuse what it has not opened yet. Called when signing out. */
  close(): void {
    this.end();
    this.fail();
  }

  private running(): Worker {
    if (!this.worker) {
      this.worker = startWorker(this.address);
      this.worker.onmessage = ({ data }: { data: OpenResult }) => {
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

/**
 * Fetch every page and open the rows that are not in `openedRows`. Calls `onPage` after each page, newest first.
 */
export async function loadAll(
  me: Member,
  opener: Opener,
  openedRows: Row[],
  onPage: (caseList: CaseList) => void,
  isCurrent: () => boolean,
): Promise<CaseList> {
  const before = new Map(openedRows.map((row) => [row.id, row]));
  const caseList: CaseList = { rows: [], broken: 0, done: 0, total: 0 };
  let opening: Promise<void> = Promise.resolve();
  opener.prepare();
  for (let after = "", size = FIRST_PAGE; ; size = PAGE) {
    const page = await askAgain(
      "GET",
      `/api/desk/cases?size=${size}${after ? `&after=${encodeURIComponent(after)}` : ""}`,
      pageShape,
    );
    caseList.total = page.total;
    caseList.broken += page.unreadable;
    caseList.done += page.unreadable;
    if (!isCurrent()) return caseList;
    // An entry may be signed under a newer head of the key list: fetch the list again.
    if (page.head !== keylist.head(me.group.keys)) await me.refresh();
    const keys = keysOf(me);
    const unchanged = page.cases.flatMap((listed) => {
      const row = before.get(listed.case);
      return row?.mark === markOf(listed) ? [row] : [];
    });
    addRows(caseList, unchanged);
    caseList.done += unchanged.length;
    const ids = new Set(unchanged.map(({ id }) => id));
    const news = page.cases.filter((listed) => !ids.has(listed.case));
    const opened = opener.open(keys, news).then(({ rows, broken }) => {
      addRows(caseList, rows);
      caseList.broken += broken;
      caseList.done += news.length;
    });
    // Show the first page before asking for the second. Later pages are opened while the next is fetched.
    await (size === FIRST_PAGE ? opened : opening);
    opening = opened;
    opened.catch(() => undefined); // a member who signs out no longer waits for it
    after = page.after;
    sortRows(caseList);
    onPage(caseList);
    if (!after) break;
  }
  await opening;
  opener.endIfIdle();
  sortRows(caseList);
  onPage(caseList);
  return caseList;
}

/** Add rows, except those that an event has already brought up to date. */
function addRows(caseList: CaseList, rows: Row[]): void {
  const present = new Set(caseList.rows.map(({ id }) => id));
  caseList.rows = [...caseList.rows, ...rows.filter(({ id }) => !present.has(id))];
}

/** Sort the rows into a new array: what is known of an array stays true. */
function sortRows(caseList: CaseList): void {
  caseList.rows = [...caseList.rows].sort(byAge);
}

/** Read one case's row. Returns null if the member no longer holds the case, or it does not open. */
export async function loadRow(me: Member, opener: Opener, id: string): Promise<Row | null> {
  const page = await askAgain("GET", `/api/desk/cases?case=${encodeURIComponent(id)}`, pageShape);
  const requested = page.cases.filter((listed) => listed.case === id);
  if (!requested.length) return null;
  if (page.head !== keylist.head(me.group.keys)) await me.refresh();
  const { rows } = await opener.open(keysOf(me), requested);
  opener.endIfIdle();
  return rows[0] ?? null;
}

/** Insert or replace a case's row. Without a row, remove the case. */
export function putRow(caseList: CaseList, id: string, row: Row | null): void {
  const rows = caseList.rows.filter((other) => other.id !== id);
  if (row) rows.push(row);
  const more = rows.length - caseList.rows.length;
  caseList.total += more;
  caseList.done += more;
  caseList.rows = rows.sort(byAge);
}

export const keysOf = (me: Member): Keys => ({
  member: me.id,
  epochs: me.ring.epochs.map(({ id, seed }) => ({ id, seed })),
  group: { keys: authors(me), snapshot: me.snapshot },
});

/** The part of the key list that the worker needs. */
function authors({
  group: {
    keys: { hashes, allMembers, members, terms },
  },
}: Member): Authors {
  return { hashes, allMembers, members, terms };
}
