"""Rules removed from the code, one at a time. The machine must notice that each is missing.

Each fault removes exactly one rule, and names the guarantees that depend on it.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import httpx2 as httpx

from crypto import age, ed25519, keylist
from crypto import case as protocol
from crypto.age import kem
from crypto.case import OpenCase, Reader, ServedCase, opening
from crypto.case.sequence import _HeadOrder
from crypto.dayroot import DayRoot
from crypto.encoding import MemberId, parse_day
from crypto.errors import KeyListError
from crypto.keylist import Body, KeyList, SignedEntry
from crypto.keylist.signing import check_signing
from crypto.keylist.state import applied
from crypto.signing import VerifyingKey
from crypto.snapshot import Snapshot
from intake.cli import clocks, enrolment, group, proposals, recovery, verified_group
from intake.cli.member import Member
from intake.cli.verified_group import Clock
from tests.model.founding import forget_what_is_cached
from tests.model.group import World


@dataclass(frozen=True)
class Fault:
    """A rule to leave out, and the guarantees that the machine may find broken without it.

    `seed` is where the search begins, near one that found it before.
    """

    what: str
    guarantees: frozenset[str]
    left_out: Callable[[], AbstractContextManager[Any]]
    seed: int = 0


WAITING = frozenset({"waiting", "members", "form", "desk"})


@contextlib.contextmanager
def small_order_keys() -> Iterator[None]:
    """Ed25519 as OpenSSL has it: small-order keys and R, and non-canonical encodings, are accepted."""
    with mock.patch.object(ed25519, "check_key"), mock.patch.object(ed25519, "check_signature"):
        yield


@contextlib.contextmanager
def recipients_unchecked() -> Iterator[None]:
    """Any 1216 bytes are a recipient. Libraries raise `ValueError` when they encrypt to it."""
    with mock.patch.object(kem, "check"), mock.patch.object(World, "crashes", (ValueError,)):
        yield


@contextlib.contextmanager
def answered_case_unchecked() -> Iterator[None]:
    """The terminal accepts whichever case the host answers with."""

    def open_case(asked: str, served: ServedCase, reader: Reader) -> OpenCase:
        return opening.open_case(served.case, served, reader)

    with mock.patch.object(protocol, "open_case", open_case):
        yield


@contextlib.contextmanager
def links_found_groups() -> Iterator[None]:
    """A link's fingerprint is not checked when the server says that there is no group yet."""
    enrol = enrolment.enrol

    def ignoring(link: str, handle: str, passphrase: str, client: httpx.Client, clock: Clock) -> enrolment.Enrolled:
        try:
            return enrol(link, handle, passphrase, client, clock)
        except KeyListError as error:
            if error.reason != "a link that names a group, on a server that has none":
                raise
            return enrol(link.partition(".")[0], handle, passphrase, client, clock)

    with mock.patch.object(enrolment, "enrol", ignoring):
        yield


@contextlib.contextmanager
def nothing_is_punctured() -> Iterator[None]:
    """A withdrawn case's leaf still evaluates."""
    with mock.patch.object(DayRoot, "_remove"):
        yield


@contextlib.contextmanager
def effect_by_the_signers_day() -> Iterator[None]:
    """An entry signed by one of two takes effect three days after its own date, by the clock alone."""
    follow, verify = keylist._follow, keylist.verify

    def settled(keys: KeyList, day: dt.date) -> KeyList:
        pending = keys.pending
        if pending is None or day < parse_day(pending.body.day) + dt.timedelta(days=keylist.SEEN_DAYS):
            return keys
        return replace(applied(keys, pending.body, pending.entry), pending=None)

    def verify_settled(entries: Sequence[SignedEntry], today: dt.date, **expected: Any) -> KeyList:
        return settled(verify(entries, today, **expected), today)

    def follow_settled(keys: KeyList, entry: SignedEntry) -> KeyList:
        return follow(settled(keys, parse_day(keylist.body_of(entry).day)), entry)

    with (
        mock.patch.object(keylist, "check_new"),
        mock.patch.object(keylist, "PROPOSAL_DAYS", 1000),
        mock.patch.object(keylist, "verify", verify_settled),
        mock.patch.object(keylist, "_follow", follow_settled),
    ):
        yield


@contextlib.contextmanager
def the_later_of_two_clocks() -> Iterator[None]:
    """A client trusts the host's clock if it is ahead of its own."""

    def later(own: dt.date, server: dt.date) -> clocks.Clocks:
        return clocks.Clocks(max(own, server), max(own, server))

    with mock.patch.object(verified_group, "Clocks", later), mock.patch.object(enrolment, "Clocks", later):
        yield


@contextlib.contextmanager
def superseded_statements() -> Iterator[None]:
    """A statement is valid until its last day, whether the snapshot names it or not."""
    with mock.patch.object(Snapshot, "names_statement", return_value=True):
        yield


@contextlib.contextmanager
def former_members() -> Iterator[None]:
    """Signatures of former members count under any head, and their keys are used as if they were still members."""

    def author_key(keys: KeyList, member: str, head: str | None) -> VerifyingKey:
        return keys.key_of(member)

    with (
        mock.patch.object(KeyList, "author_key", author_key),
        mock.patch.object(_HeadOrder, "check"),
        mock.patch.object(opening, "is_inherited", return_value=False),
    ):
        yield


@contextlib.contextmanager
def opener_by_order() -> Iterator[None]:
    """The first member whose signature the host shows opens the recovery key, not the one whom the entry names."""

    def agree(me: Member, body: Body) -> int:
        check_signing(me.keys, body)
        recovery.keep_share(me)
        standing = [proposal for proposal in proposals.open_proposals(me) if keylist.body_of(proposal) == body]
        opener = MemberId(next(iter(standing[0].signatures))) if standing else me.id
        mine = next(share for share in me.ring.shares if me.deal and share.deal == me.deal.id)
        share = recovery._sealed_share(me, mine.deal, opener, mine.share)
        return recovery._send(me, body, recovery.SIGN, {"to": opener, "share": share, "deal": ""})

    with mock.patch.object(recovery, "agree", agree):
        yield


@contextlib.contextmanager
def fewer_open_than_agree() -> Iterator[None]:
    """A recovery key may open with fewer shares than the signatures that a decision needs."""
    with (
        mock.patch.object(keylist, "check_signing"),
        mock.patch.object(group, "check_signing"),
        mock.patch.object(recovery, "check_signing"),
    ):
        yield


FORMER = frozenset({"former members", "readers"})
FAULTS = {
    "backdated": Fault("an entry takes effect by the day that its signer wrote", WAITING, effect_by_the_signers_day),
    "later-clock": Fault("a host's clock makes a pending entry effective", WAITING, the_later_of_two_clocks),
    "superseded": Fault("new cases for a stolen old keyring", frozenset({"readers"}), superseded_statements),
    "small-order-keys": Fault("a list that Python takes and browsers refuse", frozenset({"one history"}), small_order_keys),
    "unusable-recipient": Fault(
        "a member whose key nothing can be sealed to, first on every offer",
        frozenset({"form", "desk"}),
        recipients_unchecked,
        31,
    ),
    "another-case": Fault("a reply sealed for a stranger's case", frozenset({"readers", "cases"}), answered_case_unchecked),
    "former-members": Fault("signatures of former members count for ever", FORMER, former_members),
    "opener": Fault("the host chooses who opens the recovery key", frozenset({"recovery"}), opener_by_order, 13),
    "threshold": Fault(
        "two shares open the recovery key where three must agree", frozenset({"recovery"}), fewer_open_than_agree, 11
    ),
    "unpunctured": Fault("a withdrawn case that still opens", frozenset({"deletion"}), nothing_is_punctured),
    "founding-link": Fault("a newcomer founds the host's group", frozenset({"links"}), links_found_groups),
}


@contextlib.contextmanager
def put_back(name: str) -> Iterator[Fault]:
    """Return the code with this fault."""
    forget_what_is_cached()
    age._recipient.cache_clear()
    try:
        with FAULTS[name].left_out():
            yield FAULTS[name]
    finally:
        forget_what_is_cached()
        age._recipient.cache_clear()
