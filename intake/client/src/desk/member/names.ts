/** The members' names: the names file, and the names that candidates sent at enrolment. */
import type * as age from "../../crypto/age/age.js";
import type { SnapshotPoint } from "../../crypto/case/sequence.js";
import { b64, type Bytes, unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import * as keylist from "../../crypto/keylist/keylist.js";
import * as keyring from "../../crypto/keyring.js";
import { Label } from "../../crypto/labels.js";
import { object, text } from "../../crypto/shape.js";
import { type AuthorKey, type CaseAuthor, digest } from "../../crypto/signing.js";
import * as statement from "../../crypto/statement.js";
import { askAgain, Problem } from "../../net/api.js";
import { SessionWords, type Words } from "./words.js";

const NAMES_AT_ONCE = 16; // members missing in the names file, requested in one refresh

/** A candidate: the digits to compare, and the name that they gave. */
export interface Newcomer {
  candidate: statement.Candidate;
  fingerprint: string;
  name: string;
  /** Whether another candidate or a member has the same or nearly the same name. Only the digits tell them apart. */
  twin: boolean;
}

/** Return whether letters of several scripts are mixed: one may imitate another. */
const isMixed = (name: string): boolean =>
  [
    /\p{Script=Latin}/u,
    /\p{Script=Cyrillic}/u,
    /\p{Script=Greek}/u,
    /\p{Script=Arabic}/u,
    /\p{Script=Devanagari}/u,
  ].filter((script) => script.test(name)).length > 1;

/** Return whether names are equal except for one character, or for dots and dashes. */
export function isNearly(name: string, other: string): boolean {
  const [a, b] = [name, other]
    .map((name) => [...name.normalize("NFKC").toLowerCase()].filter((letter) => !".-_".includes(letter)))
    .sort((x, y) => x.length - y.length) as [string[], string[]];
  if (b.length - a.length > 1) return false;
  let first = 0;
  while (first < a.length && a[first] === b[first]) first++;
  const [restA, restB] = [a.slice(a.length === b.length ? first + 1 : first), b.slice(first + 1)];
  return restA.join("") === restB.join("");
}

/** How a snapshot refers to a names file. The number is 0 without a file. */
export interface NamesFile {
  number: number;
  digest?: string;
}

/** What is needed to read names: the verified list, the newest snapshot and the member's epoch keys. */
export interface NamesReader {
  keys: keylist.KeyList;
  snapshot: SnapshotPoint | null;
  identities: age.Identity[];
}

export class Names {
  /** The number of the newest names file that the server showed. */
  number = 0;
  /** The names file that a snapshot of this member may name. Null if no file is trusted. */
  present: NamesFile | null = null;
  readonly words = new SessionWords();
  /** Whether this member may write a names file: not in place of a trusted one that they cannot open yet. */
  mayBeWritten = false;
  private byMember: Record<string, string> = {};
  /** The names from candidates' enrolments, by member. */
  private enrolmentNames = new Map<string, string>();
  /** The members whose enrolment name was requested, whether or not it opened. */
  private requested = new Set<string>();
  /** The names file that was opened last. Opening that of a large group takes a moment. */
  private lastFile = "";

  of(member: string): string {
    return this.byMember[member] ?? this.enrolmentNames.get(member) ?? member.slice(0, 6);
  }

  /**
   * Read the names file. A member's snapshot may name it if it verifies, or if the newest snapshot already names it.
   *
   * The second case is for members who were added after the file was written and cannot open it: they rely on the
   * newest snapshot.
   */
  async read(text: string | null, number: number, reader: NamesReader): Promise<void> {
    const { snapshot } = reader;
    if (text === null) {
      this.present = (snapshot?.names ?? 0) === 0 ? { number: 0 } : null;
      this.mayBeWritten = true;
      return;
    }
    const file = unb64(text);
    const present = { number, digest: digest(file) };
    const named = snapshot?.names === number && snapshot.names_digest === present.digest;
    this.present = named ? present : null;
    if (text !== this.lastFile || !named) await this.openFile(file, present, text, reader);
    this.mayBeWritten = this.present === null || text === this.lastFile;
    this.number = Math.max(this.number, number);
  }

  private async openFile(
    file: Bytes,
    present: { number: number; digest: string },
    text: string,
    { keys, snapshot, identities }: NamesReader,
  ): Promise<void> {
    try {
      const names = await keyring.openNames(file, identities, keys.group, keylist.authorOf(keys));
      if (snapshot) keyring.checkRollback(names, present.digest, keys, snapshot);
      if (names.number !== present.number || names.number < this.number) return;
      [this.byMember, this.lastFile, this.present] = [names.members, text, present];
      this.words.take(names.words ?? [], names.number, keys);
    } catch (error) {
      // A member who was added a moment ago cannot read the names yet. The view shows ids meanwhile.
      if (!(error instanceof CryptoError)) throw error;
    }
  }

  async readCandidate(
    served: { signed: statement.Signed; name: string | null },
    reader: NamesReader,
  ): Promise<Newcomer[]> {
    try {
      const { group, allMembers } = reader.keys;
      const { candidate, fingerprint } = statement.verifyCandidate(served.signed, group);
      if (allMembers.has(candidate.member)) return [];
      // If the name does not open for this member, the candidate is shown by id.
      const name = await this.readEnrolmentName(served.name, candidate, reader);
      if (name) this.enrolmentNames.set(candidate.member, name);
      return [{ candidate, fingerprint, name: name || candidate.member.slice(0, 6), twin: false }];
    } catch (error) {
      if (error instanceof CryptoError) return [];
      throw error;
    }
  }

  /** Ask for the enrolment names of members whom the names file lacks. */
  async fetchMissing(reader: NamesReader): Promise<void> {
    const missingSignatures = [...reader.keys.members].filter(
      ([member]) =>
        this.byMember[member] === undefined && !this.enrolmentNames.has(member) && !this.requested.has(member),
    );
    await Promise.all(
      missingSignatures.slice(-NAMES_AT_ONCE).map(async ([member, key]) => {
        try {
          const { name: file } = await askAgain("GET", `/api/desk/names/${member}`, object({ name: text }));
          const name = await this.readEnrolmentName(file, { member, key }, reader);
          if (name) this.enrolmentNames.set(member, name);
        } catch (error) {
          if (!(error instanceof Problem) || error.kind !== "not-found") throw error; // the member sent no name
        }
        this.requested.add(member);
      }),
    );
  }

  private async readEnrolmentName(
    file: string | null,
    candidate: { member: string; key: string },
    { keys, identities }: NamesReader,
  ): Promise<string> {
    if (file === null) return "";
    try {
      const keyOf: AuthorKey = (member) => (member === candidate.member ? candidate.key : "");
      const book = await keyring.openNames(unb64(file), identities, keys.group, keyOf);
      return book.members[candidate.member] ?? "";
    } catch (error) {
      if (error instanceof CryptoError) return "";
      throw error;
    }
  }

  /** Mark candidates with the same or nearly the same name as a member or another candidate. */
  markTwins(newcomers: Newcomer[]): void {
    for (const newcomer of newcomers) {
      const others = [
        ...Object.values(this.byMember),
        ...newcomers.filter((other) => other !== newcomer).map(({ name }) => name),
      ];
      newcomer.twin = isMixed(newcomer.name) || others.some((other) => isNearly(newcomer.name, other));
    }
  }

  /**
   * Encrypt the names of `members` to the recipients, with the group words.
   *
   * `handle` is the author's own name, which their keyring holds even if no names file is trusted. `change` is the
   * next version of the words, and the day on which their author signs them.
   */
  async seal(
    members: string[],
    recipients: string[],
    group: string,
    author: CaseAuthor,
    handle: string,
    change?: { words: Words; day: string },
  ): Promise<{ number: number; file: string }> {
    const named = Object.fromEntries(
      members.flatMap((member) => {
        const name =
          this.byMember[member] ?? this.enrolmentNames.get(member) ?? (member === author.member ? handle : "");
        return name ? [[member, name]] : [];
      }),
    );
    const number = this.number + 1;
    const words = change ? this.words.next(change.words, number, change.day, group, author) : this.words.signed;
    const names = {
      format: Label.NAMES,
      group,
      number,
      author: author.member,
      members: named,
      ...(words.length ? { words } : {}),
      head: author.head,
    };
    return { number, file: b64(await keyring.sealNames(names, recipients, author)) };
  }

  /** Return whether someone was added or removed since the names file was written, or whether it lacks group words. */
  areOutdated(members: string[]): boolean {
    if (!this.mayBeWritten) return false;
    return (
      this.words.isLost ||
      Object.keys(this.byMember).some((member) => !members.includes(member)) ||
      members.some((member) => this.byMember[member] === undefined && this.enrolmentNames.has(member))
    );
  }
}
