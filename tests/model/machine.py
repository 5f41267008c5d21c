"""The machine: everything that anyone can send, in any order. After each step it checks the guarantees of SECURITY.md.

Nobody wrote down an attack here. Dishonest members sign entries of any kind, day and target. A lying host shows any older or
other
object in any position. Former members continue to write. The machine compares what honest people's clients then believe with
what
truly happened (`group.World`, `oracle`).
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import UNSET

from crypto import entry, grant, keylist, snapshot, statement
from crypto.age import Identity, Recipient, bech32
from crypto.encoding import EpochId, b64, new_id, unb64
from crypto.entry import Kind, Place, Sequence
from crypto.errors import CryptoError, SignatureError
from crypto.grant import Address, CaseKeys
from crypto.keylist import Change, SignedEntry
from crypto.labels import Label
from crypto.signing import Author, SigningKey, VerifyingKey
from intake.cli import enrolment
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from tests.model import ed25519
from tests.model.group import PASSPHRASE, Person, Wish, World, in_a_hurry
from tests.model.host import Lies, Refused, recipient_of
from tests.model.oracle import Violation

GUARANTEES = frozenset(
    {
        "members",
        "waiting",
        "one history",
        "readers",
        "authors",
        "former members",
        "form",
        "desk",
        "links",
        "recovery",
        "deletion",
    }
)
ANSWERS = [Change.STOP, Change.AGREE, Change.ENACT]  # to what is pending
# More often those that matter more.
PROPOSALS = [*(kind for kind in Change if kind not in ANSWERS), Change.ENROL, Change.ENROL, Change.REMOVE]
some = st.integers(0, 7)  # selects one of several, modulo their number
MOST_CASES = 3  # with more of them, two steps seldom meet in the same one
# How many there are, and how many of them must agree.
SIZES = st.sampled_from([(2, 1), (2, 2), (2, 2), (2, 2), (3, 1), (3, 2), (3, 2), (3, 2), (3, 3)])
# The present head, the first and the last under which they were members, or none, as before heads existed.
HEADS = st.sampled_from(["present", "own", "own", "first", "none"])
DAYS = st.sampled_from([0, 0, 0, -1, -3, -10, -31, -70, 1, 3, 10])  # most of all today, which an honest host takes


def step(**draws: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule that ends the run silently if it violates a guarantee that is not searched for."""

    def wrap(act: Callable[..., None]) -> Any:
        decorate: Any = rule(**draws)
        return decorate(_guarded(act))

    return wrap


def start(**draws: Any) -> Callable[[Callable[..., None]], Any]:
    """What a run begins with; guarded as a rule is."""

    def wrap(act: Callable[..., None]) -> Any:
        decorate: Any = initialize(**draws)
        return decorate(_guarded(act))

    return wrap


def _guarded(act: Callable[..., None]) -> Callable[..., None]:
    @wraps(act)
    def run(self: "GroupMachine", **drawn: Any) -> None:
        GroupMachine.steps += 1
        refusals: tuple[type[Exception], ...] = (CryptoError, Refused, CommandError, *World.crashes)
        try:
            with in_a_hurry():
                act(self, **drawn)
        except Violation as violation:
            if violation.guarantee in self.promised:
                raise
            reject()
        except refusals:
            if not act.__name__.startswith(("rogue", "stranger")):
                raise  # what adversaries cannot make, they do not send

    return run


def lying(self: "GroupMachine") -> bool:
    """Return whether the host may answer anything."""
    return self.world.host.lying


def has_rogue(self: "GroupMachine") -> bool:
    """Return whether somebody in the group is, or was, dishonest."""
    return any(not person.honest for person in self.world.people)


def has_wishes(self: "GroupMachine") -> bool:
    """Return whether there is a case."""
    return bool(self.world.wishes)


class GroupMachine(RuleBasedStateMachine):
    """One group, its host and its adversaries."""

    promised: ClassVar[frozenset[str]] = GUARANTEES
    steps: ClassVar[int] = 0  # of all runs; those that another is made of as well
    world: World

    @start(
        size=SIZES,
        rogue=st.sampled_from([None, None, 0, 1, 1, 1]),
        lies=st.sampled_from([True, True, False]),
        cases=st.integers(0, 2),
        shares=st.sampled_from([0, 2, 2, 3]),
        days=st.sampled_from([0, 0, 1, 16]),
        removed=st.sampled_from([False, False, True]),
        waiting=st.booleans(),
    )
    def found(
        self,
        size: tuple[int, int],
        rogue: int | None,
        lies: bool,
        cases: int = 0,
        shares: int = 0,
        days: int = 0,
        removed: bool = False,
        waiting: bool = False,
    ) -> None:
        """A group with or without a dishonest member, on an honest or a lying host, that has worked for some days.

        It may have cases and a recovery key that so many shares open. It may have removed its dishonest member already. In a
        group of two, an honest member's decision may wait for the other.
        """
        self.world = World(*size, rogue, lying=lies)
        for _ in range(cases):
            self.asks()
        honest = sum(person.honest for person in self.world.people)
        if shares and size[0] >= 3 and honest >= 2:
            self.deals_recovery_key(who=0, tester=1, threshold=shares)
        if days:
            self.time_passes(days=days)
            self.everybody_signs_in()
        if removed and rogue is not None:
            self.members_remove_rogue()
        if waiting and size == (2, 2):
            self.members_decide(first=0, signers=1, kind=Change.EPOCH, whom=0)

    # Time, and what honest members do

    @step(days=st.sampled_from([1, 3, 7, 16, 20, 31]))
    def time_passes(self, days: int) -> None:
        """Days pass."""
        self.world.today += dt.timedelta(days=days)

    @step(who=some)
    def signs_in(self, who: int) -> None:
        """A member signs in, and renews keys that are due."""
        world, person = self.world, self._honest(who)
        active = person.id in world.members
        if world.sign_in(person) is None and active and not world.host.lying:
            raise Violation("desk", "an active member cannot sign in to an honest host")

    @step()
    def everybody_signs_in(self) -> None:
        """All honest members, one after another: nobody's state stays old for long in a group that works."""
        for number in range(len(self.world.people)):
            self.signs_in(who=number)

    @step(first=some, signers=st.integers(1, 3), kind=st.sampled_from([Change.REMOVE, Change.QUORUM, Change.EPOCH]), whom=some)
    def members_decide(self, first: int, signers: int, kind: Change, whom: int) -> None:
        """One after another, honest members propose and sign the same."""
        world = self.world
        what: dict[str, Any] = {"member": self._person(whom).id} if kind is Change.REMOVE else {"value": whom + 1}
        if kind is Change.EPOCH:
            what = {"value": 7 + whom}
        for n in range(signers):
            world.decide(self._honest(first + n), kind, **what)

    @precondition(has_rogue)
    @step()
    def members_remove_rogue(self) -> None:
        """All honest members agree to remove the dishonest one."""
        rogue = self._rogue()
        for person in self.world.people:
            if person.honest and rogue.id in self.world.members:
                self.world.decide(person, Change.REMOVE, member=rogue.id)

    @step(who=some, kind=st.sampled_from([Change.STOP, Change.AGREE]))
    def answers_pending(self, who: int, kind: Change) -> None:
        """The other of two stops what is pending, or agrees."""
        pending = self.world.host.keys.pending
        if pending is not None:
            self.world.decide(self._honest(who), kind, key=pending.entry.hash)

    @step(who=some)
    def rotates(self, who: int) -> None:
        """A member renews their keys, due or not."""
        person = self._honest(who)
        desk = self.world.sign_in(person)
        if desk is not None:
            with self.world.acting(person):
                self.world.rotate(person, desk)

    # The recovery key

    @precondition(lambda self: len(self.world.host.keys.members) >= 3)
    @step(who=some, tester=some, threshold=st.sampled_from([2, 2, 3]))
    def deals_recovery_key(self, who: int, tester: int, threshold: int) -> None:
        """An honest member makes a recovery key, and everyone who is asked signs."""
        if self._honest(who) is not self._honest(tester):  # no honest client tests its own
            self.world.deal(self._honest(who), threshold, self._honest(tester))

    @precondition(lambda self: len(self.world.host.keys.members) >= 3)
    @step(first=some, signers=st.sampled_from([1, 2, 2, 3]), of=some, to=some, reordered=st.booleans())
    def members_recover(self, first: int, signers: int, of: int, to: int, reordered: bool) -> None:
        """One after another, members propose and sign the same. The host may show signatures in another order."""
        world = self.world
        if world.host.keys.recovery is None:
            world.deal(self._honest(first), 2, self._honest(first + 1))
        if world.host.keys.recovery is not None:
            world.host.lies.reordered = reordered and world.host.lying
            for number in range(signers):
                world.recover(self._person(first + number), self._person(of), self._person(to))

    members_recover_too = members_recover  # chosen twice as often: a decision takes several steps

    @precondition(lambda self: bool(self.world.host.keys.recovered))
    @step(who=some)
    def opens_recovery_key(self, who: int) -> None:
        """The member who gets the cases assembles the key, once everyone who signed gave their shares."""
        self.world.take_over(self._honest(who))

    # Requesters

    @precondition(lambda self: len(self.world.wishes) < MOST_CASES)
    @step()
    def asks(self) -> None:
        """A requester encrypts to the assignees that the host offers."""
        world = self.world
        refusals: tuple[type[Exception], ...] = (CryptoError, Refused, CommandError, *world.crashes)
        try:
            world.ask()
        except refusals as error:
            bound = dt.timedelta(days=world.host.keys.freshness_days)
            alive = [p for p in world.people if p.honest and p.last_seen and world.today - p.last_seen <= bound]
            if not world.host.lying and any(person.id in world.members for person in alive):
                raise Violation("form", f"no request can be sealed although a member is there: {error}") from None

    @precondition(has_wishes)
    @step(which=some)
    def writes_back(self, which: int) -> None:
        """A requester reads, and answers."""
        self.world.write_back(self._wish(which))

    @precondition(has_wishes)
    @step(which=some)
    def everybody_reads(self, which: int) -> None:
        """A requester and every honest member look at a case, and write nothing."""
        world, wish = self.world, self._wish(which)
        world.read(wish)
        for person in world.people:
            if person.honest:
                world.in_case(person, wish.case, lambda desk: None)

    # What honest members do in cases

    @precondition(has_wishes)
    @step(who=some, which=some)
    def replies(self, who: int, which: int) -> None:
        """A holder answers."""
        wish = self._wish(which)
        self.world.in_case(self._honest(who), wish.case, lambda desk: desk.reply(wish.case, "come at six"))

    @precondition(has_wishes)
    @step(who=some, which=some, whom=some, over=st.booleans())
    def shares(self, who: int, which: int, whom: int, over: bool) -> None:
        """A holder shares a case with a colleague, or hands it over."""
        wish, colleague = self._wish(which), self._person(whom).id

        def give(desk: Desk) -> None:
            (desk.hand_over if over else desk.share)(wish.case, colleague)

        self.world.in_case(self._honest(who), wish.case, give)

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
        """What puts a pending entry into effect, or stops it: of any day, with any snapshot as evidence."""
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
        request = entry.open_(unb64(stored.shared[0]), Place(wish.case, Sequence.SHARED, 0), known, macs, _nobody).content
        assert isinstance(request, entry.Request)
        to = [known[0].recipient, Recipient.parse(request.recipients.receipt)]
        writer = rogue if author < 6 else self._person(author)
        file = entry.seal(
            Place(wish.case, sequence, len(files)), kind, content, day=(world.today + dt.timedelta(days=day)).isoformat(),
            previous=entry.digest_of(unb64(files[-1])) if files else "", recipients=to,
            mac_key=derive(known[0], wish.case), author=Author(writer.id, world.signing_key(rogue), self._head(rogue, head)),
        )  # fmt: skip
        world.made[entry.digest_of(file)] = (rogue.id, rogue.id in world.members)
        files.append(b64(file))

    # Chosen twice as often as the others: they cost little, and what came of a step is seen by those who look.
    rogue_proposes_too, rogue_answers_too, rogue_writes_too = rogue_proposes, rogue_answers, rogue_writes
    everybody_reads_too = everybody_reads

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
        vault = self.world.vault
        (vault.copy_key_store if key_store else vault.copy_database)()
        vault.check()

    @precondition(has_wishes)
    @step(which=st.one_of(st.none(), some))
    def cases_go(self, which: int | None) -> None:
        """The daily run, or a withdrawal."""
        vault = self.world.vault
        if which is None:
            vault.purge(self.world.today)
        elif vault.living:
            vault.withdraw(vault.living[which % len(vault.living)])
        vault.check()

    # A lying host

    @precondition(lambda self: lying(self) and self.world.host.lies != Lies())
    @step()
    def host_tells_the_truth(self) -> None:
        """End all lies. Otherwise honest people could do nothing more, and nothing more could fail."""
        self.world.host.lies = Lies()

    @precondition(lying)
    @step(days=st.sampled_from([-31, -3, 0, 2, 3, 3, 40]))
    def host_sets_clock(self, days: int) -> None:
        """Set the day that the host tells."""
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
        enrolled = world.attempt(lambda: enrolment.enrol(link, handle, PASSPHRASE, world.host.client(), world.clock))
        world.host.lies.unfounded = False
        if enrolled is not None and not enrolled.joined:
            raise Violation("links", "a link that carries a group's fingerprint founded another group")

    def teardown(self) -> None:
        """Drop everything of this run."""

    # Who and which

    def _honest(self, number: int) -> Person:
        people = [person for person in self.world.people if person.honest]
        return people[number % len(people)]

    def _person(self, number: int) -> Person:
        return self.world.people[number % len(self.world.people)]

    def _rogue(self) -> Person:
        return next(person for person in self.world.people if not person.honest)

    def _wish(self, number: int) -> Wish:
        return self.world.wishes[number % len(self.world.wishes)]

    def _head(self, rogue: Person, which: str) -> str:
        """The head that a dishonest member names in a signature."""
        hashes, term = self.world.host.keys.hashes, self.world.host.keys.terms[rogue.id]
        if which == "none":
            return UNSET  # type: ignore[return-value]  # an author of before there were heads
        return {"own": hashes[min(term.stop, len(hashes)) - 1], "first": hashes[term.start]}.get(which, hashes[-1])

    def _send(self, rogue: Person, signed: SignedEntry) -> None:
        if rogue.id in self.world.members or self.world.host.lying:
            try:
                self.world.host.decide(rogue.id, signed)
            except (Refused, CryptoError):
                return


def _nobody(_: str, __: str | None) -> VerifyingKey:
    raise SignatureError("a signature by someone who was never a member")
