/** A signed-in coordinator and their group: keys, colleagues, names. What they decide together is in decisions.ts. */
import type * as age from "../../crypto/age/age.js";
import type { Floor, SnapshotPoint } from "../../crypto/case/sequence.js";
import { b64, unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import type { Changed } from "../../crypto/held.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import { keyHash } from "../../crypto/recovery_key.js";
import { flag, object, text } from "../../crypto/shape.js";
import type { CaseAuthor } from "../../crypto/signing.js";
import * as statement from "../../crypto/statement.js";
import { ask, askAgain, Problem } from "../../net/api.js";
import { fetchGroup, type Group } from "../../net/group.js";
import { agree, signingDay } from "../../net/clocks.js";
import { type Counts, groupShape, numberShape } from "./answers.js";
import { Names, type Waiting } from "./names.js";

const TRIES = 4; // of a change to the keyring that another window of one's own was faster with
/** Something that too few have signed so far. */
export interface Proposal {
  entry: keylist.SignedEntry;
  body: keylist.Body;
  lacking: number;
}

/** A signed-in coordinator: every key stays in this object, and goes with it. */
export class Member {
  readonly names = new Names();
  seats = new Map<string, statement.Statement>();
  /** Everyone's statements and snapshots as the server told them; what holds of them is in `seats` and `group.snapshot`. */
  statements: statement.Signed[] = [];
  snapshots: statement.Signed[] = [];
  held: keyring.HeldCase[] = [];
  /** What the host has dropped or replaced since the last sign-in, once looked for. */
  changed: Changed | null = null;
  /** How old the group's newest snapshot was at sign-in, if that is half of what the group allows or more. */
  overdue: number | null = null;
  waiting: Waiting[] = [];
  proposals: Proposal[] = [];
  log: string[] = [];
  counts!: Counts;
  invitation = "";
  /** The share that waits for this member is not the one that was dealt and tried. */
  shareIsWrong = false;
  /** The recovery key, while a decision to recover is carried out. */
  recovery: age.Identity | null = null;
  /** What this session has seen of each case under a snapshot. */
  seen = new Map<string, Floor>();
  /** Called whenever the group or the keyring was read again, so that no view keeps showing the state before. */
  onChange: () => void = () => undefined;
  private identities = new Map<string, age.Identity>();

  private constructor(
    public group: Group,
    public ring: keyring.Keyring,
    private way: age.Identity,
  ) {}

  get id(): string {
    return this.ring.member;
  }
  get handle(): string {
    return this.ring.handle;
  }
  get author(): CaseAuthor {
    return { ...keyring.author(this.ring), head: keylist.head(this.group.keys) };
  }
  get snapshot(): SnapshotPoint | null {
    return this.group.snapshot;
  }
  get keyOf(): (member: string) => string {
    return keylist.keyOf(this.group.keys);
  }
  /** The day for what is refused and shown. */
  get today(): string {
    return this.group.on;
  }
  /** The day for what this member signs. Throws a `ClocksError` where this device's clock and the server's do not agree. */
  get signingDay(): string {
    const day = signingDay(this.group.clocks);
    const last = this.group.keys.days.at(-1)!;
    return day < last ? last : day; // no entry is dated before the one that it follows
  }
  /** Whether this device can sign: its clock and the server's agree. */
  get canSign(): boolean {
    return agree(this.group.clocks);
  }
  get seat(): statement.Statement | undefined {
    return this.seats.get(this.id);
  }
  nameOf(member: string): string {
    return this.names.of(member);
  }

  static async of(group: Group, ring: keyring.Keyring, way: age.Identity): Promise<Member> {
    const member = new Member(group, ring, way);
    await member.takeRing(ring);
    return member;
  }

  async signOut(): Promise<void> {
    await ask("DELETE", "/api/desk/session", object({ signed_out: flag }));
  }

  /** The group as it is now. A longer key list is pinned in the keyring, so that no later one may forget it. */
  async refresh(): Promise<void> {
    const group = await fetchGroup({
      group: this.group.keys.group,
      seen: this.ring.head,
      version: this.ring.snapshot?.version ?? 0,
    });
    if (!group) throw new CryptoError("key list", "a key list that is gone");
    this.group = group;
    const told = await askAgain("GET", "/api/desk/group", groupShape);
    const { statements, names, names_number, candidates, proposals, log, snapshots, today, ...numbers } = told;
    this.counts = numbers;
    this.log = log;
    [this.statements, this.snapshots] = [statements, snapshots];
    this.checkDeal();
    this.seats = new Map(statements.flatMap((signed) => this.valid(signed)).map((seat) => [seat.member, seat]));
    const reader = { keys: group.keys, snapshot: this.snapshot, identities: this.allIdentities() };
    await this.names.read(names, names_number, reader);
    this.waiting = (await Promise.all(candidates.map((one) => this.names.readCandidate(one, reader)))).flat();
    await this.names.fetchMissing(reader);
    this.names.markTwins(this.waiting);
    this.proposals = proposals.flatMap((entry) => {
      try {
        return [{ entry, ...keylist.checkProposal(group.keys, entry) }];
      } catch (error) {
        if (error instanceof CryptoError) return []; // what could never stand in the list is nobody's to sign
        throw error;
      }
    });
    await this.pin();
    this.onChange();
  }

  /** The secret epoch key of this id. One that this window does not have was made in another: then the keyring is taken anew. */
  async identity(epoch: string): Promise<age.Identity> {
    if (!this.identities.has(epoch)) await this.reloadRing();
    const found = this.identities.get(epoch);
    if (!found) throw new CryptoError("age", "sealed to an epoch key that is gone");
    return found;
  }

  /** Every epoch key still held. */
  allIdentities(): age.Identity[] {
    return [...this.identities.values()];
  }

  /** Change the keyring and store it; done again on a fresh copy when another window was faster. */
  async changeRing(
    change: (ring: keyring.Keyring) => keyring.Keyring,
    send = (ring: { number: number; file: string }): Promise<unknown> =>
      ask("PUT", "/api/desk/keyring", numberShape, ring),
  ): Promise<void> {
    for (let round = 1; ; round++) {
      const ring = { ...change(this.ring), number: this.ring.number + 1 };
      try {
        await send({ number: ring.number, file: b64(await keyring.seal(ring)) });
        await this.takeRing(ring);
        return;
      } catch (error) {
        if (!(error instanceof Problem) || error.kind !== "stale" || round === TRIES) throw error;
        await this.reloadRing();
      }
    }
  }

  async reloadRing(): Promise<void> {
    const { keyring: file } = await askAgain("GET", "/api/desk/keyring", object({ keyring: text }));
    const ring = await keyring.open(unb64(file), this.way, this.group.keys.group, this.id, this.handle);
    if (ring.number < this.ring.number) throw new CryptoError("binding", "an older keyring than this window has seen");
    await this.takeRing(ring);
  }

  /** From now on the keyring is opened with another unlocker. */
  useWay(way: age.Identity): void {
    this.way = way;
  }

  /** Seal what the members call each other to everyone who is one now. */
  tellNames(
    recipients = [...this.seats.values()].map((seat) => seat.recipient),
  ): Promise<{ number: number; file: string }> {
    return this.names.seal([...this.group.keys.members.keys()], recipients, this.group.keys.group, this.author);
  }

  get namesAreOld(): boolean {
    return this.names.areOutdated([...this.group.keys.members.keys()]);
  }

  private async takeRing(ring: keyring.Keyring): Promise<void> {
    this.ring = ring;
    const found = await keyring.identities(ring);
    this.identities = new Map(ring.epochs.map((epoch, i) => [epoch.id, found[i]!]));
    this.onChange();
  }

  /** A server cannot offer a recovery key of its own: the list names the group's. */
  private checkDeal(): void {
    const { deal } = this.counts;
    const named = this.group.keys.recovery?.key ?? "";
    if (deal ? keyHash(deal.recipient) !== named : named)
      throw new CryptoError("key list", "another recovery key than the group's");
  }

  private valid(signed: statement.Signed): statement.Statement[] {
    if (!this.group.snapshot) return [];
    try {
      return [statement.verify(signed, this.group.keys, this.group.on, this.group.snapshot)];
    } catch (error) {
      if (error instanceof CryptoError) return [];
      throw error;
    }
  }

  private async pin(): Promise<void> {
    const head = { number: this.group.keys.entries.length - 1, hash: keylist.head(this.group.keys) };
    if (this.ring.head.hash === head.hash) return;
    await this.changeRing((ring) => (ring.head.number < head.number ? { ...ring, head } : ring));
  }
}
