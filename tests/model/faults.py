"""Rules taken out of the code again, one at a time: the machine must notice that each is missing.

Each fault removes exactly one rule, and names the guarantees that hang on it.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpx

from crypto import age, case_opening, ed25519, kem
from crypto import case as protocol
from crypto.case import OpenCase, Reader, Served
from crypto.dayroot import DayRoot
from crypto.errors import KeyListError
from intake.cli import enrolment
from intake.cli.member import Clock
from tests.model.group import forget_what_is_cached


@dataclass(frozen=True)
class Fault:
    """A rule to leave out, and which guarantees the machine may find broken without it."""

    what: str
    guarantees: frozenset[str]
    left_out: Callable[[], AbstractContextManager[Any]]


@contextlib.contextmanager
def small_order_keys() -> Iterator[None]:
    """Ed25519 as OpenSSL has it: keys and R of small order, and encodings that are not canonical, are taken."""
    with mock.patch.object(ed25519, "check_key"), mock.patch.object(ed25519, "check_signature"):
        yield


@contextlib.contextmanager
def recipients_unchecked() -> Iterator[None]:
    """A recipient is any 1216 bytes."""
    with mock.patch.object(kem, "check"):
        yield


@contextlib.contextmanager
def answered_case_unchecked() -> Iterator[None]:
    """The terminal takes whichever case it is given."""

    def open_case(asked: str, served: Served, reader: Reader) -> OpenCase:
        return case_opening.open_case(served.case, served, reader)

    with mock.patch.object(protocol, "open_case", open_case):
        yield


@contextlib.contextmanager
def links_found_groups() -> Iterator[None]:
    """A link's fingerprint is not looked at when the server says that there is no group yet."""
    enrol = enrolment.enrol

    def ignoring(link: str, handle: str, passphrase: str, client: httpx.Client, clock: Clock) -> enrolment.Enrolled:
        try:
            return enrol(link, handle, passphrase, client, clock)
        except KeyListError as error:
            if error.reason != "the link names a group, and the server says that there is none":
                raise
            return enrol(link.partition(".")[0], handle, passphrase, client, clock)

    with mock.patch.object(enrolment, "enrol", ignoring):
        yield


@contextlib.contextmanager
def nothing_is_punctured() -> Iterator[None]:
    """A withdrawn case's leaf still evaluates."""
    with mock.patch.object(DayRoot, "_remove"):
        yield


FAULTS = {
    "small-order-keys": Fault("a list that Python takes and browsers refuse", frozenset({"one history"}), small_order_keys),
    "unusable-recipient": Fault(
        "a member whose key nothing can be sealed to, first on every offer", frozenset({"form", "desk"}), recipients_unchecked
    ),
    "another-case": Fault("a reply sealed for a stranger's case", frozenset({"readers", "cases"}), answered_case_unchecked),
    "unpunctured": Fault("a withdrawn case that still opens", frozenset({"deletion"}), nothing_is_punctured),
    "founding-link": Fault("a newcomer founds the host's group", frozenset({"links"}), links_found_groups),
}


@contextlib.contextmanager
def put_back(name: str) -> Iterator[Fault]:
    """The code with this fault."""
    forget_what_is_cached()
    age._recipient.cache_clear()
    try:
        with FAULTS[name].left_out():
            yield FAULTS[name]
    finally:
        forget_what_is_cached()
        age._recipient.cache_clear()
