"""Rules of adversaries: dishonest members, strangers, a thief, a lying host, and newcomers' links on it."""

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from msgspec import UNSET

from crypto import entry, grant, keylist, snapshot, statement
from crypto.age import Identity, Recipient, bech32
from crypto.encoding import EpochId, b64, new_id, unb64
from crypto.entry import Kind, Position, Sequence
from crypto.errors import CryptoError, SignatureError
from crypto.grant import Address, CaseKeys
from crypto.keylist import Change, SignedEntry
from crypto.labels import Label
from crypto.signing import Author, SigningKey, VerifyingKey
from intake.cli import enrolment
from tests.model import ed25519
from tests.model.founding import PASSPHRASE
from tests.model.host import Lies, Refused, recipient_of
from tests.model.oracle import Violation
from tests.model.people import Person
from tests.model.session import connect
from tests.model.steps import MOST_CASES, Steps, has_rogue, has_wishes, lying, some, step

ANSWERS = [Change.STOP, Change.AGREE, Change.ENACT]  # to what is pending
# The most useful ones are the most frequent.
PROPOSALS = [*(kind for kind in Change if kind not in ANSWERS), Change.ENROL, Change.ENROL, Change.REMOVE]
# The present head, the first and the last under which they were members, or none, as before heads existed.
HEADS = st.sampled_from(["present", "own", "own", "first", "none"])
DAYS = st.sampled_from([0, 0, 0, -1, -3, -10, -31, -70, 1, 3, 10])  # mostly today, which an honest host accepts


class Adversaries(Steps):
    """Steps of adversaries, in any order."""

    # A dishonest member, who may have been removed

    @precondition(has_rogue)
    @step(kind=st.sampled_from(PROPOSALS), day=DAYS, whom=some, key=st.integers(0, 11), value=st.integers(0, 9))
    def rogue_proposes(self, kind: Change, day: int, whom: int, key: int, value: int) -> None:
        """Sign an entry of any kind, of any day, about anyone."""
        world, rogue = self.world, self._rogue()
        member, new_key = "", ""
        if kind in (Change.REMOVE, Change.RECOVER):
            member = self._person(whom).id
        if kind is Change.ENROL:
            member = new_id()
        if kind in (Change.ENROL, Change.RETENTION):
            new_key = SigningKey.generate().verifying_key.text if key >= 8 else b64(ed25519.small_points()[key])
        body = keylist.next_body(
            world.host.keys, kind, (world.today + dt.timedelta(days=day)).isoformat(), member=member, key=new_key,
            value=value if kind in (Change.QUORUM, Change.EPOCH, Change.FRESHNESS, Change.RECOVERY) else 0,
        )  # fmt: skip
        self._send(rogue, keylist.sign(body, {rogue.id: world.signing_key(rogue)}))

    @precondition(lambda self: has_rogue(self) and self.world.host.keys.pending is not None)
    @step(kind=st.sampled_from(ANSWERS), day=DAYS, proof=some)
    def rogue_answers(self, kind: Change, day: int, proof: int) -> None:
        """Sign an entry that puts a pending entry into effect or stops it, of any day, with any snapshot as evidence."""
        world, rogue, pending = self.world, self._rogue(), self.world.host.keys.pending
        assert pending
        evidence = world.host.snapshot_of(proof) if kind is Change.ENACT else None
        key = snapshot.hash_of(evidence) if evidence else pending.entry.hash
        body = keylist.next_body(world.host.keys, kind, (world.today + dt.timedelta(days=day)).isoformat(), key=key)
        self._send(rogue, keylist.sign(body, {rogue.id: world.signing_key(rogue)}, evidence))

    @precondition(has_rogue)
    @step(day=DAYS, number=some, version=st.sampled_from([1, 1, 2, 1 << 30]), old=st.booleans())
    def rogue_sees(self, day: int, number: int, version: int, old: bool) -> None:
        """Sign a snapshot of any day, of any head, that names anything."""
        world, rogue, keys = self.world, self._rogue(), self.world.host.keys
        statements = {account.member: account.statement for account in world.host.accounts.values()}
        if old:
            statements |= dict(world.host.old_statements)
        at = len(keys.hashes) - 1 - number % len(keys.hashes)
        names, digest = world.host.named()
        body = snapshot.Body(
            format=Label.SNAPSHOT.value,
            group=world.group,
            member=rogue.id,
            version=world.host.version() + version,
            day=(world.today + dt.timedelta(days=day)).isoformat(),
            number=at,
            head=keys.hashes[at],
            statements={member: statement.hash_of(signed) for member, signed in statements.items() if member in keys.members},
            names=names,
            names_digest=UNSET if old or digest is None else digest,
            cases=snapshot.digest_of([]),
        )
        if rogue.id in world.members or world.host.lying:
            world.host.accept(rogue.id, snapshot.sign(body, world.signing_key(rogue)))

    @precondition(has_rogue)
    @step(recipient=st.integers(0, 3), first=DAYS, days=st.sampled_from([1, 60, 120]), head=some)
    def rogue_states(self, recipient: int, first: int, days: int, head: int) -> None:
        """Sign a statement with any recipient, valid or not."""
        world, rogue = self.world, self._rogue()
        fresh = Identity.generate()
        raw = bytearray(fresh.recipient.raw)
        if recipient == 1:
            raw[-32:] = bytes(32)  # X25519: every shared secret is zero
        if recipient == 2:
            raw[:3] = b"\xff\xff\xff"  # ML-KEM: coefficients that are not reduced
        if recipient == 0:
            world.adversary.epochs[fresh.recipient.id] = fresh
        hashes = world.host.keys.hashes
        from_ = world.today + dt.timedelta(days=min(first, 0))
        body = statement.Body(
            format=Label.STATEMENT.value,
            group=world.group,
            member=rogue.id,
            recipient=bech32.encode("age1pq", bytes(raw)),
            head=hashes[-1 - head % len(hashes)],
            from_=from_.isoformat(),
            until=(from_ + dt.timedelta(days=days)).isoformat(),
            tags=[],
        )
        if rogue.id in world.members or world.host.lying:
            try:
                world.host.state(rogue.id, statement.sign(body, world.signing_key(rogue)))
            except Refused:
                return
            world._note_epochs()

    @precondition(lambda self: has_rogue(self) and has_wishes(self))
    @step(which=some, kind=st.sampled_from([Kind.MESSAGE, Kind.KEYS]), author=some, head=HEADS, day=DAYS)
    def rogue_writes(self, which: int, kind: Kind, author: int, head: str, day: int) -> None:
        """Write an entry of any day in a case whose keys they have, under any head, in their own name or another's."""
        world, rogue, wish = self.world, self._rogue(), self._wish(which)
        stored = world.host.cases[wish.case]
        known = world.adversary.keys_of(wish.case)
        holds = rogue.id in world.members and rogue.id in stored.grants
        if not known or not (holds or world.host.lying):
            return
        sequence = Sequence.DESK if kind is Kind.NOTE else Sequence.SHARED
        files = stored.desk if sequence is Sequence.DESK else stored.shared
        derive = entry.desk_mac_key if sequence is Sequence.DESK else entry.shared_mac_key
        evil = Identity.generate()
        content: entry.Content = entry.Text(text="call this number instead")
        if kind is Kind.KEYS:
            content = entry.Keys(number=1, recipient=str(evil.recipient), mac=b64(derive(evil, wish.case).reveal()))
            self.world.adversary.own(wish.case, evil, legitimate=holds)
        macs = {0: derive(known[0], wish.case)}
        request = entry.open_(unb64(stored.shared[0]), Position(wish.case, Sequence.SHARED, 0), known, macs, _nobody).content
        assert isinstance(request, entry.Request)
        to = [known[0].recipient, Recipient.parse(request.recipients.receipt)]
        writer = rogue if author < 6 else self._person(author)
        file = entry.seal(
            Position(wish.case, sequence, len(files)), kind, content, day=(world.today + dt.timedelta(days=day)).isoformat(),
            previous=entry.digest_of(unb64(files[-1])) if files else "", recipients=to,
            mac_key=derive(known[0], wish.case), author=Author(writer.id, world.signing_key(rogue), self._head(rogue, head)),
        )  # fmt: skip
        world.made[entry.digest_of(file)] = (rogue.id, rogue.id in world.members)
        files.append(b64(file))

    # Chosen twice as often as the others: reading costs little and shows the effect of earlier steps.
    rogue_proposes_too, rogue_answers_too, rogue_writes_too = rogue_proposes, rogue_answers, rogue_writes

    @precondition(lambda self: has_rogue(self) and has_wishes(self) and lying(self))
    @step(which=some, whom=some, head=HEADS)
    def rogue_grants(self, which: int, whom: int, head: str) -> None:
        """With the host's help, make a grant to somebody, with an own key as the newest."""
        world, rogue, wish, grantee = self.world, self._rogue(), self._wish(which), self._person(whom)
        known = world.adversary.keys_of(wish.case)
        stored = world.host.cases[wish.case]
        if not known or grantee.id not in stored.grants:
            return
        holds = rogue.id in world.members and rogue.id in stored.grants
        evil = Identity.generate()
        self.world.adversary.own(wish.case, evil, legitimate=holds)
        to = recipient_of(world.host.accounts[grantee.id].statement)
        address = Address(wish.case, grantee.id, EpochId(to.id))
        keys = CaseKeys((*known[:1], evil), (evil,))
        file = grant.seal(address, keys, to, Author(rogue.id, world.signing_key(rogue), self._head(rogue, head)))
        stored.grants[grantee.id] = {"epoch": to.id, "file": b64(file)}

    @precondition(lambda self: len(self.world.wishes) < MOST_CASES)
    @step()
    def stranger_asks(self) -> None:
        """An adversary makes a request."""
        try:
            self.world.ask(honest=False)
        except (CryptoError, Refused):
            return

    # A thief

    @step(which=st.integers(0, 3))
    def thief_takes_keyrings(self, which: int) -> None:
        """The thief takes the keyrings of honest members, today's or older ones."""
        for person in self.world.people:
            if person.honest:
                self.world.steal(person, which)

    @precondition(has_wishes)
    @step(key_store=st.booleans())
    def thief_copies(self, key_store: bool) -> None:
        """The thief takes everything but the key store; or the key store."""
        deletion = self.world.deletion
        (deletion.copy_key_store if key_store else deletion.copy_database)()
        deletion.check()

    @precondition(has_wishes)
    @step(which=st.one_of(st.none(), some))
    def cases_go(self, which: int | None) -> None:
        """The daily run, or a withdrawal."""
        deletion = self.world.deletion
        if which is None:
            deletion.purge(self.world.today)
        elif deletion.living:
            deletion.withdraw(deletion.living[which % len(deletion.living)])
        deletion.check()

    # A lying host

    @precondition(lambda self: lying(self) and self.world.host.lies != Lies())
    @step()
    def host_tells_the_truth(self) -> None:
        """End all lies. Otherwise honest people could do nothing more, and nothing more could fail."""
        self.world.host.lies = Lies()

    @precondition(lying)
    @step(days=st.sampled_from([-31, -3, 0, 2, 3, 3, 40]))
    def host_sets_clock(self, days: int) -> None:
        """Set the day that the host reports."""
        self.world.host.lies.clock = days

    @precondition(lying)
    @step(hidden=st.sampled_from([0, 0, 1, 2, 3]))
    def host_hides_entries(self, hidden: int) -> None:
        """Show an older list."""
        host = self.world.host
        host.lies.entries = max(1, len(host.entries) - hidden) if hidden else None

    @precondition(lying)
    @step(back=st.booleans())
    def host_shows_old_statements(self, back: bool) -> None:
        """Show the first statement of each member instead of the present one."""
        host = self.world.host
        host.lies.statements = dict(reversed(host.old_statements)) if back else {}

    @precondition(lying)
    @step(which=some, back=st.booleans())
    def host_shows_old_snapshot(self, which: int, back: bool) -> None:
        """Show any snapshot that anyone ever signed."""
        self.world.host.lies.snapshot = self.world.host.snapshot_of(which) if back else None

    @precondition(lambda self: lying(self) and has_wishes(self))
    @step(asked=some, answered=some)
    def host_answers_for_another_case(self, asked: int, answered: int) -> None:
        """Answer a request for one case with another."""
        host = self.world.host
        host.lies.cases = {self._wish(asked).case: self._wish(answered).case}

    # Newcomers

    @step(unfounded=st.booleans())
    def newcomer_follows_a_link(self, unfounded: bool) -> None:
        """An enrolment link with the group's fingerprint."""
        world = self.world
        world.host.invites = {"invite"}
        world.host.lies.unfounded = unfounded and world.host.lying
        link, handle = f"http://host/#invite.{world.fingerprint}", f"newcomer{len(world.people)}"
        enrolled = world.attempt(lambda: enrolment.enrol(link, handle, PASSPHRASE, connect(world.host), world.clock))
        world.host.lies.unfounded = False
        if enrolled is not None and not enrolled.joined:
            raise Violation("links", "a link that carries a group's fingerprint founded another group")

    def _send(self, rogue: Person, signed: SignedEntry) -> None:
        if rogue.id in self.world.members or self.world.host.lying:
            try:
                self.world.host.decide(rogue.id, signed)
            except (Refused, CryptoError):
                return


def _nobody(_: str, __: str | None) -> VerifyingKey:
    raise SignatureError("a signature by someone who was never a member")
