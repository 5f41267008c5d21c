/** What the list's view says of all rows together. Pure: no page, no network. */
import type { Row } from "./rows.js";

/** The values that occur in the rows, each once: what the filters offer. */
export interface RowFacts {
  kinds: Set<string>;
  languages: Set<string>;
  urgencies: Set<string>;
  tags: Set<string>;
  /** How many open cases expire on each day. */
  expiring: Map<string, number>;
}

const known = new WeakMap<Row[], RowFacts>();

/** Return the facts of the rows. The view is drawn at each key and scroll, so they are computed once for each array. */
export function factsOf(rows: Row[]): RowFacts {
  let facts = known.get(rows);
  if (!facts) known.set(rows, (facts = compute(rows)));
  return facts;
}

/** Return how many open cases expire on a day or before it. */
export function expiringBy({ expiring }: RowFacts, day: string): number {
  let count = 0;
  for (const [expires, number] of expiring) if (expires <= day) count += number;
  return count;
}

function compute(rows: Row[]): RowFacts {
  const facts: RowFacts = {
    kinds: new Set(),
    languages: new Set(),
    urgencies: new Set(),
    tags: new Set(),
    expiring: new Map(),
  };
  for (const { open, expires, summary, tags } of rows) {
    for (const kind of summary.kinds) facts.kinds.add(kind);
    for (const tag of tags) facts.tags.add(tag);
    facts.languages.add(summary.language);
    facts.urgencies.add(summary.urgency);
    if (open) facts.expiring.set(expires, (facts.expiring.get(expires) ?? 0) + 1);
  }
  return facts;
}
