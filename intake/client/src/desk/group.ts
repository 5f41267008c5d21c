/** The group at the desk: signing in, who the colleagues are, inviting and enrolling, one's own keyring. */
import * as age from "../crypto/age.js";
import { b64, unb64 } from "../crypto/encoding.js";
import { CryptoError } from "../crypto/errors.js";
import * as keylist from "../crypto/keylist.js";
import * as keyring from "../crypto/keyring.js";
import { day, flag, list, maybe, object, text, whole } from "../crypto/shape.js";
import type { Author } from "../crypto/signing.js";
import * as statement from "../crypto/statement.js";
import * as unlocker from "../crypto/unlocker.js";
import { ask, askAgain, group as fetchGroup, type Group, Problem } from "../net.js";

const sessionShape = object({ member: text, keyring: text });
const groupShape = object({
  statements: list(statement.signedShape), names: maybe(text), names_number: whole,
  candidates: list(object({ signed: statement.signedShape, name: maybe(text) })), today: day,
});
const numberShape = object({ number: whole });

/** Someone who has handed in keys and waits: the digits to compare, the name that they gave. */
export interface Waiting {
  candidate: statement.Candidate;
  fingerprint: string;
  name: string;
  recipient: string;
}

/** A signed-in coordinator: every key stays in this object, and goes with it. */
export class Member {
  names: Record<string, string> = {};
  seats = new Map<string, statement.Statement>();
  waiting: Waiting[] = [];
  invitation = "";
  private namesNumber = 0;

  private constructor(public group: Group, private ring: keyring.Keyring, readonly identities: age.Identity[]) {}

  get id(): string { return this.ring.member; }
  get handle(): string { return this.ring.handle; }
  get author(): Author { return keyring.author(this.ring); }
  get keyOf(): (member: string) => string { return keylist.keyOf(this.group.keys); }
  get today(): string { return this.group.today; }
  nameOf(member: string): string { return this.names[member] ?? member.slice(0, 6); }

  /** Verify the group, unlock the keyring, refuse a list that forgets what this keyring has seen. */
  static async signIn(typed: { handle: string; secret: string; paper: boolean }, onProgress: (done: number) => void): Promise<Member> {
    const group = await fetchGroup();
    if (!group) throw new Problem("not-open");
    const handle = unlocker.normaliseHandle(typed.handle);
    const way = typed.paper
      ? await unlocker.fromPaperCode(typed.secret, group.keys.group, handle)
      : await unlocker.fromPassphrase(typed.secret, group.keys.group, handle, onProgress);
    const given = await ask("POST", "/api/desk/session", sessionShape, {
      handle_id: unlocker.handleId(group.keys.group, handle), kind: way.kind, authentication: b64(way.authentication),
    });
    const ring = await keyring.open(unb64(given.keyring), way.identity, group.keys.group, given.member, handle);
    keylist.verify(group.keys.entries, group.on, { seen: ring.head });
    if (!group.keys.members.has(given.member)) throw new Problem("waiting");
    const member = new Member(group, ring, await keyring.identities(ring));
    await member.refresh();
    return member;
  }

  async signOut(): Promise<void> {
    await ask("DELETE", "/api/desk/session", object({ signed_out: flag }));
  }

  /** The group as it is now. A longer key list is pinned in the keyring, so that no later one may forget it. */
  async refresh(): Promise<void> {
    const group = await fetchGroup({ group: this.group.keys.group, seen: this.ring.head });
    if (!group) throw new CryptoError("key list", "a key list that is gone");
    this.group = group;
    const told = await askAgain("GET", "/api/desk/group", groupShape);
    this.seats = new Map(told.statements.flatMap((signed) => this.valid(signed)).map((seat) => [seat.member, seat]));
    await this.readNames(told.names, told.names_number);
    this.waiting = (await Promise.all(told.candidates.map((one) => this.readCandidate(one, told.statements)))).flat();
    await this.pin();
  }

  /** A one-time link for a newcomer: the token and the fingerprint stand after `#`, which browsers do not send. */
  async invite(): Promise<void> {
    const { invite } = await ask("POST", "/api/desk/invites", object({ invite: text }));
    const fingerprint = this.group.keys.fingerprint.replaceAll(" ", "");
    this.invitation = `${location.origin}/${document.documentElement.lang}/desk/enrol/#${invite}.${fingerprint}`;
  }

  /** Sign a newcomer into the key list, and tell the members the new name. */
  async enrol(one: Waiting): Promise<void> {
    const { candidate } = one;
    await this.change("enrol", { member: candidate.member, key: candidate.key });
    await this.refresh();
    const names = { ...this.names, [candidate.member]: one.name };
    const recipients = [...[...this.seats.values()].filter((seat) => seat.member !== candidate.member).map((seat) => seat.recipient), one.recipient];
    const number = this.namesNumber + 1;
    const file = await keyring.sealNames({ format: "sealed-intake/1/names", group: this.group.keys.group, number, author: this.id, members: names }, recipients, this.author);
    await ask("PUT", "/api/desk/names", numberShape, { number, file: b64(file) });
    await this.refresh();
  }

  /** Stop what one colleague signed alone, before it takes effect. */
  async stop(): Promise<void> {
    const at = this.group.keys.entries.indexOf(this.group.keys.pending!.entry);
    await this.change("stop", { key: this.group.keys.hashes[at]! });
    await this.refresh();
  }

  private async change(kind: keylist.Body["kind"], what: { member?: string; key?: string; value?: number }): Promise<void> {
    const body = keylist.nextBody(this.group.keys, kind, this.today, what);
    const entry = keylist.sign(body, [this.author]);
    await ask("POST", "/api/desk/keylist", numberShape, { number: body.number, entry });
  }

  private valid(signed: statement.Signed): statement.Statement[] {
    try {
      return [statement.verify(signed, this.group.keys, this.group.on)];
    } catch (error) {
      if (error instanceof CryptoError) return [];
      throw error;
    }
  }

  private async readNames(file: string | null, number: number): Promise<void> {
    if (file === null) return;
    try {
      const names = await keyring.openNames(unb64(file), this.identities, this.group.keys.group, this.keyOf);
      if (names.number === number && number >= this.namesNumber) [this.names, this.namesNumber] = [names.members, number];
    } catch (error) {
      // Someone who was enrolled a moment ago cannot read the names yet; ids are shown meanwhile.
      if (!(error instanceof CryptoError)) throw error;
    }
  }

  private async readCandidate(
    one: { signed: statement.Signed; name: string | null }, statements: statement.Signed[],
  ): Promise<Waiting[]> {
    try {
      const { group, members } = this.group.keys;
      const { candidate, fingerprint } = statement.verifyCandidate(one.signed, group);
      const asIf = { ...this.group.keys, members: new Map([...members, [candidate.member, candidate.key]]) };
      const seat = statements.flatMap((signed) => {
        try {
          return [statement.verify(signed, asIf, this.group.on)];
        } catch {
          return [];
        }
      }).find((found) => found.member === candidate.member);
      if (!seat) return [];
      // Who seals their name past a member is shown to them all the same, by id.
      const name = await this.nameGiven(one.name, candidate);
      return [{ candidate, fingerprint, name: name || candidate.member.slice(0, 6), recipient: seat.recipient }];
    } catch (error) {
      if (error instanceof CryptoError) return [];
      throw error;
    }
  }

  private async nameGiven(file: string | null, candidate: statement.Candidate): Promise<string> {
    if (file === null) return "";
    try {
      const keyOf = (member: string): string => (member === candidate.member ? candidate.key : "");
      const book = await keyring.openNames(unb64(file), this.identities, this.group.keys.group, keyOf);
      return book.members[candidate.member] ?? "";
    } catch (error) {
      if (error instanceof CryptoError) return "";
      throw error;
    }
  }

  private async pin(): Promise<void> {
    const { entries } = this.group.keys;
    const hash = keylist.head(this.group.keys);
    if (this.ring.head.hash === hash) return;
    const ring = { ...this.ring, number: this.ring.number + 1, head: { number: entries.length - 1, hash } };
    try {
      await ask("PUT", "/api/desk/keyring", numberShape, { number: ring.number, file: b64(await keyring.seal(ring)) });
      this.ring = ring;
    } catch (error) {
      // Another of one's own windows was first: it has pinned the same.
      if (!(error instanceof Problem) || error.kind !== "stale") throw error;
    }
  }
}
