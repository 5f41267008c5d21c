"""The machine: everything that anyone can send, in any order. After each step it checks the guarantees of SECURITY.md.

Nobody wrote down an attack here. Dishonest members sign entries of any kind, day and target. A lying host shows any older or
other object in any position. Former members continue to write. The machine compares what honest people's clients then believe
with what truly happened (`watched`, `oracle`).
"""

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from crypto.errors import CryptoError
from crypto.keylist import Change
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from tests.model.adversaries import Adversaries
from tests.model.group import World
from tests.model.host import Refused
from tests.model.oracle import Violation
from tests.model.steps import MOST_CASES, has_rogue, has_wishes, some, start, step

# How many there are, and how many of them must agree.
SIZES = st.sampled_from([(2, 1), (2, 2), (2, 2), (2, 2), (3, 1), (3, 2), (3, 2), (3, 2), (3, 3)])


class GroupMachine(Adversaries):
    """One group, its host and its adversaries."""

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
        """The other of two members stops the pending entry, or agrees."""
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
        if self._honest(who) is not self._honest(tester):  # no honest member tests their own key
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

    everybody_reads_too = everybody_reads  # chosen twice as often: reading shows the effect of earlier steps

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
