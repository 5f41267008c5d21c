/** The entries of each case that this member has seen. The keyring stores them, so that the server does not learn them. */
import type { CaseList } from "./list.js";
import type { Member } from "../member/member.js";

const DELAY = 4000; // ms: several cases opened one after the other change the keyring once
const NOTHING = -1; // not even the request, which has number 0

export class ReadMarks {
  private readonly pending = new Map<string, number>();
  private timer = 0;

  constructor(
    private readonly me: Member,
    private readonly listed: () => CaseList | null,
  ) {}

  /** Return the highest number of the case's shared entries that this member has seen. */
  readonly upTo = (id: string): number =>
    Math.max(NOTHING, this.pending.get(id) ?? NOTHING, this.me.ring.read?.[id] ?? NOTHING);

  /** Record that this member has seen a case's entries up to `number`. Stored some seconds later. */
  see(id: string, number: number): void {
    if (number <= this.upTo(id)) return;
    this.pending.set(id, number);
    this.timer ||= window.setTimeout(() => void this.store().catch(() => undefined), DELAY);
  }

  /** Store what is pending. Cases that this member no longer holds are left out. */
  async store(): Promise<void> {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (!this.pending.size) return;
    const seen = new Map(this.pending);
    const caseList = this.listed();
    const held = caseList && caseList.done >= caseList.total ? new Set(caseList.rows.map(({ id }) => id)) : null;
    await this.me.changeRing((ring) => {
      const read = new Map(Object.entries(ring.read ?? {}).filter(([id]) => !held || held.has(id)));
      for (const [id, number] of seen) read.set(id, Math.max(number, read.get(id) ?? NOTHING));
      return { ...ring, read: Object.fromEntries(read) };
    });
    for (const [id, number] of seen) if (this.pending.get(id) === number) this.pending.delete(id);
  }
}
