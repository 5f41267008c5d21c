"""A short search by the machine, and faults that it finds within seconds. `make fuzz` takes longer and has all of them."""

import time
from collections.abc import Callable

import pytest

from crypto.entry import Kind
from tests.model.__main__ import find, search
from tests.model.faults import put_back
from tests.model.machine import GroupMachine
from tests.model.oracle import Violation
from tests.model.steps import GUARANTEES

SECONDS = 10


def test_a_short_search_breaks_no_guarantee() -> None:
    began = time.monotonic()
    for number in range(1000):
        violation = search(number, GUARANTEES, examples=5)
        assert violation is None, violation
        if time.monotonic() - began > SECONDS:
            return


def former_member_writes(machine: GroupMachine) -> None:
    machine.found(size=(3, 1), rogue=1, lies=True)
    machine.asks()
    machine.members_remove_rogue()
    machine.rogue_writes(which=0, kind=Kind.MESSAGE, author=0, head="present", day=0)
    machine.replies(who=0, which=0)


def host_sets_its_clock_ahead(machine: GroupMachine) -> None:
    machine.found(size=(2, 2), rogue=None, lies=True, waiting=True)
    machine.host_sets_clock(days=3)
    machine.everybody_signs_in()
    machine.host_sets_clock(days=40)
    machine.everybody_signs_in()


def host_shows_another_opener(machine: GroupMachine) -> None:
    machine.found(size=(3, 2), rogue=1, lies=False)
    machine.members_recover(first=1, signers=2, of=0, to=2, reordered=False)


def two_shares_without_the_third_signature(machine: GroupMachine) -> None:
    machine.found(size=(3, 3), rogue=1, lies=False)
    machine.members_recover(first=0, signers=1, of=2, to=1, reordered=False)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("former-members", former_member_writes),
        ("later-clock", host_sets_its_clock_ahead),
        ("opener", host_shows_another_opener),
        ("threshold", two_shares_without_the_third_signature),
    ],
)
def test_the_steps_of_an_attack_break_a_guarantee_only_without_its_rule(
    name: str, steps: Callable[[GroupMachine], None]
) -> None:
    """The shortest useful runs. The seeds decide which of them a search finds, and when."""
    steps(GroupMachine())
    with put_back(name) as fault, pytest.raises(Violation) as caught:
        steps(GroupMachine())
    assert caught.value.guarantee in fault.guarantees


@pytest.mark.parametrize("name", ["unusable-recipient", "founding-link"])
def test_a_rule_that_is_left_out_is_found_within_seconds(name: str) -> None:
    assert find(name, 240) is not None
