/** A signed-in coordinator and their group: keys, colleagues, names. What they decide together is in decisions.ts. */
import * as age from "../../crypto/age/age.js";
import { b64, type Bytes, unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import type { Changed } from "../../crypto/held.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import * as recovery from "../../crypto/recovery.js";
import { Label } from "../../crypto/labels.js";
import { keyHash } from "../../crypto/recovery_key.js";
import { day, flag, list, map, maybe, object, type Of, text, whole } from "../../crypto/shape.js";
import type { Floor, SnapshotPoint } from "../../crypto/case/sequence.js";
import { type AuthorKey, type CaseAuthor, digest } from "../../crypto/signing.js";
import * as statement from "../../crypto/statement.js";
import * as unlocker from "../../crypto/unlocker.js";
import { agree, signingDay } from "../../net/clocks.js";
import { ask, askAgain, group as fetchGroup, type Group, Problem } from "../../net/api.js";
import { paying } from "./load_pricing.js";
import { lookForCases, overdueDays, signPresent } from "./snapshots.js";

const NAMES_AT_ONCE = 16; // of members whom the names do not have yet, asked for with one refresh
const TRIES = 4; // of a change to the keyring that another window of one's own was faster with
const sessionShape = object({ member: text, keyring: text });
const countsShape = {
  assignment: text,
  on_duty: flag,
  inactive: list(text),
  open: map(whole),
  alone: map(whole),
  waiting: whole,
  waiting_by: map(whole),
  departed: object({ by_colleagues: whole, by_recovery: whole, lost: whole }),
  hanging: map(whole),
  full: whole,
  deal: maybe(object({ id: text, recipient: text })),
  deals: list(recovery.signedDealShape),
};
/** What the server counts for the whole group: numbers, no case. */
export type Counts = { [Name in keyof typeof countsShape]: Of<(typeof countsShape)[Name]> };
const groupShape = object({
  ...countsShape,
  statements: list(statement.signedShape),
  names: maybe(text),
  names_number: whole,
  candidates: list(object({ signed: statement.signedShape, name: maybe(text) })),
  proposals: list(keylist.signedShape),
  log: list(text),
  snapshots: list(statement.signedShape),
  today: day,
});
export const numberShape = object({ number: whole });

/** Someone who has handed in keys and waits: the digits to compare, the name that they gave. */
export interface Waiting {
  candidate: statement.Candidate;
  fingerprint: string;
  name: string;
  /** Another who waits, or a member, goes by the same name or nearly: only the digits tell them apart. */
  twin: boolean;
}

/** Letters of several scripts, one of which may be there to look like another. */
const isMixed = (name: string): boolean =>
  [
    /\p{Script=Latin}/u,
    /\p{Script=Cyrillic}/u,
    /\p{Script=Greek}/u,
    /\p{Script=Arabic}/u,
    /\p{Script=Devanagari}/u,
  ].filter((script) => script.test(name)).length > 1;

/** The same but for one character, or for dots and dashes. */
export function isNearly(one: string, other: string): boolean {
  const [a, b] = [one, other]
    .map((name) => [...name.normalize("NFKC").toLowerCase()].filter((letter) => !".-_".includes(letter)))
    .sort((x, y) => x.length - y.length) as [string[], string[]];
  if (b.length - a.length > 1) return false;
  let first = 0;
  while (first < a.length && a[first] === b[first]) first++;
  const [restA, restB] = [a.slice(a.length === b.length ? first + 1 : first), b.slice(first + 1)];
  return restA.join("") === restB.join("");
}

/** What a snapshot names a names file by; 0 without one. */
export interface NamesFile {
  number: number;
  digest?: string;
}

/** Something that too few have signed so far. */
export interface Proposal {
  entry: keylist.SignedEntry;
  body: keylist.Body;
  lacking: number;
}

/** A signed-in coordinator: every key stays in this object, and goes with it. */
export class Member {
  names: Record<string, string> = {};
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
  namesNumber = 0;
  /** The names file that a snapshot of this member may name; null: not to be trusted. */
  presentNames: NamesFile | null = null;
  /** What this session has seen of each case under a snapshot. */
  seen = new Map<string, Floor>();
  /** Called whenever the group or the keyring was read again, so that no view keeps showing the state before. */
  onChange: () => void = () => undefined;
  private identities = new Map<string, age.Identity>();
  /** Names that newcomers gave at enrolment, by member. */
  private given = new Map<string, string>();
  /** Of whom the name handed in was asked for: it opens or it does not. */
  private asked = new Set<string>();
  /** The names file that was opened last: of a large group it takes a moment. */
  private namesFile = "";

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
    return this.names[member] ?? this.given.get(member) ?? member.slice(0, 6);
  }

  /** Verify the group, unlock the keyring, refuse a list that forgets what this keyring has seen. */
  static async signIn(way: unlocker.Unlocker, group: Group, handle: string, proof: object = {}): Promise<Member> {
    const attempt = {
      handle_id: unlocker.handleId(group.keys.group, handle),
      kind: way.kind,
      authentication: b64(way.authentication),
      ...proof,
    };
    const given = await paying((paid) => ask("POST", "/api/desk/session", sessionShape, { ...attempt, ...paid }));
    const ring = await keyring.open(unb64(given.keyring), way.identity, group.keys.group, given.member, handle);
    keylist.verify(group.keys.entries, group.clocks.own, { seen: ring.head });
    if (!group.keys.members.has(given.member)) throw new Problem("waiting");
    const member = new Member(group, ring, way.identity);
    await member.takeRing(ring);
    await member.refresh();
    member.overdue = overdueDays(member.group.snapshot, member.group.on, member.group.keys.freshnessDays);
    await lookForCases(member);
    await signPresent(member);
    // Every keyring is stored before its epoch key is published: one without it was brought back from before a rotation.
    if (member.seat && !ring.epochs.some(({ id }) => id === age.recipientId(member.seat!.recipient)))
      throw new Problem("old-keys");
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
    await this.readNames(names, names_number);
    this.waiting = (await Promise.all(candidates.map((one) => this.readCandidate(one)))).flat();
    await this.askForNames();
    for (const one of this.waiting) {
      const others = [
        ...Object.values(this.names),
        ...this.waiting.filter((other) => other !== one).map(({ name }) => name),
      ];
      one.twin = isMixed(one.name) || others.some((other) => isNearly(one.name, other));
    }
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
  async tellNames(
    recipients = [...this.seats.values()].map((seat) => seat.recipient),
  ): Promise<{ number: number; file: string }> {
    const active = [...this.group.keys.members.keys()];
    const members = Object.fromEntries(
      active.flatMap((member) => {
        const name = this.names[member] ?? this.given.get(member);
        return name ? [[member, name]] : [];
      }),
    );
    const number = this.namesNumber + 1;
    const names = {
      format: Label.NAMES,
      group: this.group.keys.group,
      number,
      author: this.id,
      members,
      head: this.author.head,
    };
    return { number, file: b64(await keyring.sealNames(names, recipients, this.author)) };
  }

  /** Whether someone has come or gone since the names were sealed. */
  get namesAreOld(): boolean {
    const active = [...this.group.keys.members.keys()];
    return (
      Object.keys(this.names).some((member) => !active.includes(member)) ||
      active.some((member) => this.names[member] === undefined && this.given.has(member))
    );
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

  /**
   * Read the names. A snapshot of this member may name the file if it verifies, or is the very one that the newest snapshot names, which
   * opens for nobody who was enrolled since it was written. Nobody vouches for another: colleagues believe the newest snapshot.
   */
  private async readNames(text: string | null, number: number): Promise<void> {
    const { snapshot } = this;
    if (text === null) {
      this.presentNames = (snapshot?.names ?? 0) === 0 ? { number: 0 } : null;
      return;
    }
    const file = unb64(text);
    const present = { number, digest: digest(file) };
    const named = snapshot?.names === number && snapshot.names_digest === present.digest;
    this.presentNames = named ? present : null;
    if (text !== this.namesFile || !named) await this.openNames(file, present, text);
    this.namesNumber = Math.max(this.namesNumber, number);
  }

  private async openNames(file: Bytes, present: { number: number; digest: string }, text: string): Promise<void> {
    try {
      const names = await keyring.openNames(
        file,
        [...this.identities.values()],
        this.group.keys.group,
        keylist.authorOf(this.group.keys),
      );
      if (this.snapshot) keyring.checkNewness(names, present.digest, this.group.keys, this.snapshot);
      if (names.number !== present.number || names.number < this.namesNumber) return;
      [this.names, this.namesFile, this.presentNames] = [names.members, text, present];
    } catch (error) {
      // Someone who was enrolled a moment ago cannot read the names yet; ids are shown meanwhile.
      if (!(error instanceof CryptoError)) throw error;
    }
  }

  private async readCandidate(one: { signed: statement.Signed; name: string | null }): Promise<Waiting[]> {
    try {
      const { group, known } = this.group.keys;
      const { candidate, fingerprint } = statement.verifyCandidate(one.signed, group);
      if (known.has(candidate.member)) return [];
      // Who seals their name past a member is shown to them all the same, by id.
      const name = await this.nameGiven(one.name, candidate);
      if (name) this.given.set(candidate.member, name);
      return [{ candidate, fingerprint, name: name || candidate.member.slice(0, 6), twin: false }];
    } catch (error) {
      if (error instanceof CryptoError) return [];
      throw error;
    }
  }

  /** What members handed in as their names whom the names file does not have: enrolled since it was written. */
  private async askForNames(): Promise<void> {
    const lacking = [...this.group.keys.members].filter(
      ([member]) => this.names[member] === undefined && !this.given.has(member) && !this.asked.has(member),
    );
    await Promise.all(
      lacking.slice(-NAMES_AT_ONCE).map(async ([member, key]) => {
        try {
          const { name: file } = await askAgain("GET", `/api/desk/names/${member}`, object({ name: text }));
          const name = await this.nameGiven(file, { member, key });
          if (name) this.given.set(member, name);
        } catch (error) {
          if (!(error instanceof Problem) || error.kind !== "not-found") throw error; // handed in none
        }
        this.asked.add(member);
      }),
    );
  }

  private async nameGiven(file: string | null, candidate: { member: string; key: string }): Promise<string> {
    if (file === null) return "";
    try {
      const keyOf: AuthorKey = (member) => (member === candidate.member ? candidate.key : "");
      const book = await keyring.openNames(unb64(file), [...this.identities.values()], this.group.keys.group, keyOf);
      return book.members[candidate.member] ?? "";
    } catch (error) {
      if (error instanceof CryptoError) return "";
      throw error;
    }
  }

  private async pin(): Promise<void> {
    const head = { number: this.group.keys.entries.length - 1, hash: keylist.head(this.group.keys) };
    if (this.ring.head.hash === head.hash) return;
    await this.changeRing((ring) => (ring.head.number < head.number ? { ...ring, head } : ring));
  }
}
