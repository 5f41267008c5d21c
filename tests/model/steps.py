"""Steps of the machine: the decorators that guard them, and the base of all rules."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec import UNSET

from crypto.errors import CryptoError
from intake.cli.errors import CommandError
from tests.model.group import World
from tests.model.host import Refused
from tests.model.oracle import Violation
from tests.model.people import Person, Wish
from tests.model.shortcuts import in_a_hurry

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
some = st.integers(0, 7)  # selects one of several, modulo their number
MOST_CASES = 3  # with more of them, two steps seldom meet in the same one


def step(**draws: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule that ends the run silently if it violates a guarantee that is not searched for."""

    def wrap(act: Callable[..., None]) -> Any:
        decorate: Any = rule(**draws)
        return decorate(_guarded(act))

    return wrap


def start(**draws: Any) -> Callable[[Callable[..., None]], Any]:
    """The first step of a run, guarded as a rule is."""

    def wrap(act: Callable[..., None]) -> Any:
        decorate: Any = initialize(**draws)
        return decorate(_guarded(act))

    return wrap


def _guarded(act: Callable[..., None]) -> Callable[..., None]:
    @wraps(act)
    def run(self: "Steps", **drawn: Any) -> None:
        Steps.steps += 1
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
                raise  # adversaries do not send what they cannot make

    return run


def lying(self: "Steps") -> bool:
    """Return whether the host may answer anything."""
    return self.world.host.lying


def has_rogue(self: "Steps") -> bool:
    """Return whether somebody in the group is, or was, dishonest."""
    return any(not person.honest for person in self.world.people)


def has_wishes(self: "Steps") -> bool:
    """Return whether there is a case."""
    return bool(self.world.wishes)


class Steps(RuleBasedStateMachine):
    """The base of all rules: the world, and the person that a number selects."""

    promised: ClassVar[frozenset[str]] = GUARANTEES
    steps: ClassVar[int] = 0  # of all runs, and of steps within steps
    world: World

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
