/** A signed-in coordinator and their view of the group: keys, colleagues, names. */
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
import { Invitation } from "./invitation.js";
import { Names, type Newcomer } from "./names.js";
import { NO_WORDS, type Words } from "./words.js";

const TRIES = 4; // to change the keyring, if another window of this member was faster
/** A decision that too few members have signed so far. */
export interface Proposal {
  entry: keylist.SignedEntry;
  body: keylist.Body;
  missingSignatures: number;
}

/** A signed-in coordinator. Every key stays in this object, and is dropped with it. */
export class Member {
  readonly names = new Names();
  seats = new Map<string, statement.Statement>();
  /** The statements and snapshots as the server sent them. The valid ones are in `seats` and `group.snapshot`. */
  statements: statement.Signed[] = [];
  snapshots: statement.Signed[] = [];
  held: keyring.HeldCase[] = [];
  /** The cases that the host dropped or replaced since the last sign-in. Null before the first comparison. */
  changed: Changed | null = null;
  /** The age in days of the newest snapshot at sign-in, if it is at least half of the group's limit. */
  overdue: number | null = null;
  newcomers: Newcomer[] = [];
  proposals: Proposal[] = [];
  groupLog: string[] = [];
  counts!: Counts;
  invitation = new Invitation();
  /** Whether the share that waits for this member differs from the one that was dealt and tested. */
  shareIsWrong = false;
  /** The recovery key, while a recovery is carried out. */
  recovery: age.Identity | null = null;
  /** What this session has seen of each case under a snapshot. */
  seen = new Map<string, Floor>();
  /** The number of the last entry whose answer was lost, by case and kind. It may be stored. */
  unanswered = new Map<string, number>();
  /** Called after the group or the keyring was read again, so that no view shows an older state. */
  onChange: () => void = () => undefined;
  private identities = new Map<string, age.Identity>();

  private constructor(
    public group: Group,
    public ring: keyring.Keyring,
    private unlocker: age.Identity,
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
  /** The day for refusals and for display. */
  get today(): string {
    return this.group.on;
  }
  /** The day for signatures. Throws `ClocksError` if the clocks of this device and the server do not agree. */
  get signingDay(): string {
    const day = signingDay(this.group.clocks);
    const last = this.group.keys.days.at(-1)!;
    return day < last ? last : day; // an entry must not be dated before the previous one
  }
  /** Whether this device can sign: its clock and the server's agree. */
  get canSign(): boolean {
    return agree(this.group.clocks);
  }
  get seat(): statement.Statement | undefined {
    return this.seats.get(this.id);
  }
  /** The group's templates, tags and names of statuses. */
  get words(): Words {
    return this.names.words.present ?? NO_WORDS;
  }
  nameOf(member: string): string {
    return this.names.of(member);
  }

  static async of(group: Group, ring: keyring.Keyring, unlocker: age.Identity): Promise<Member> {
    const member = new Member(group, ring, unlocker);
    await member.takeRing(ring);
    return member;
  }

  async signOut(): Promise<void> {
    await ask("DELETE", "/api/desk/session", object({ signed_out: flag }));
  }

  /** Read the group again. A longer key list is pinned in the keyring, so that no later list may drop its entries. */
  async refresh(): Promise<void> {
    const group = await fetchGroup({
      group: this.group.keys.group,
      seen: this.ring.head,
      version: this.ring.snapshot?.version ?? 0,
    });
    if (!group) throw new CryptoError("key list", "a key list that the server no longer has");
    this.group = group;
    const response = await askAgain("GET", "/api/desk/group", groupShape);
    const { statements, names, names_number, candidates, proposals, group_log, snapshots, today, invite, ...numbers } =
      response;
    const before = this.newcomers.map(({ candidate }) => candidate.member);
    this.counts = numbers;
    this.groupLog = group_log;
    [this.statements, this.snapshots] = [statements, snapshots];
    this.checkDeal();
    this.seats = new Map(statements.flatMap((signed) => this.valid(signed)).map((seat) => [seat.member, seat]));
    const reader = { keys: group.keys, snapshot: this.snapshot, identities: this.allIdentities() };
    await this.names.read(names, names_number, reader);
    this.newcomers = (
      await Promise.all(candidates.map((candidate) => this.names.readCandidate(candidate, reader)))
    ).flat();
    const present = this.newcomers.map(({ candidate }) => candidate.member);
    const appeared = present.filter((member) => !before.includes(member));
    this.invitation.follow(invite, appeared);
    await this.names.fetchMissing(reader);
    this.names.markTwins(this.newcomers);
    this.proposals = proposals.flatMap((entry) => {
      try {
        return [{ entry, ...keylist.checkProposal(group.keys, entry) }];
      } catch (error) {
        if (error instanceof CryptoError) return []; // an entry that can never be valid is not a proposal
        throw error;
      }
    });
    await this.pin();
    this.onChange();
  }

  /** Read the group again. After a failure, the earlier state stays until the next time. */
  tryRefresh(): Promise<void> {
    return this.refresh().catch(() => undefined);
  }

  /**
   * Return the secret epoch key of this id. If this window lacks the key, another window made it: read the keyring
   * again.
   */
  async identity(epoch: string): Promise<age.Identity> {
    if (!this.identities.has(epoch)) await this.reloadRing();
    const identity = this.identities.get(epoch);
    if (!identity) throw new CryptoError("age", "a grant to an epoch key that was deleted");
    return identity;
  }

  /** Every epoch key in the keyring. */
  allIdentities(): age.Identity[] {
    return [...this.identities.values()];
  }

  /** Change the keyring and store it. If another window was faster, apply the change to its keyring. */
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
    const ring = await keyring.open(unb64(file), this.unlocker, this.group.keys.group, this.id, this.handle);
    if (ring.number < this.ring.number) throw new CryptoError("binding", "an older keyring than this window has seen");
    await this.takeRing(ring);
  }

  /** Open the keyring with another unlocker from now on. */
  useUnlocker(unlocker: age.Identity): void {
    this.unlocker = unlocker;
  }

  /** Encrypt the names to the present members, with the group words or the next version of them. */
  sealNamesFile({
    recipients = [...this.seats.values()].map((seat) => seat.recipient),
    words,
  }: { recipients?: string[]; words?: Words } = {}): Promise<{ number: number; file: string }> {
    return this.names.seal(
      [...this.group.keys.members.keys()],
      recipients,
      this.group.keys.group,
      this.author,
      this.handle,
      words && { words, day: this.signingDay },
    );
  }

  get namesAreOld(): boolean {
    return this.names.areOutdated([...this.group.keys.members.keys()]);
  }

  private async takeRing(ring: keyring.Keyring): Promise<void> {
    this.ring = ring;
    const identities = await keyring.identities(ring);
    this.identities = new Map(ring.epochs.map((epoch, i) => [epoch.id, identities[i]!]));
    this.onChange();
  }

  /** Refuse a recovery key that the key list does not name. */
  private checkDeal(): void {
    const deal = this.counts.recovery_key;
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
