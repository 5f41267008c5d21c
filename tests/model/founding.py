"""Make a group through the real client, once for each size."""

from functools import lru_cache
from typing import Any
from unittest import mock

from crypto.encoding import MemberId
from crypto.keylist import Change
from intake.cli import enrolment, group, proposals
from intake.cli.member import Member
from tests.model.host import Host
from tests.model.oracle import Ledger
from tests.model.session import connect
from tests.model.shortcuts import forget_verified, in_a_hurry
from tests.support.world import TODAY

PASSPHRASE = "five plain words for this"


@lru_cache
def founded(members: int, quorum: int) -> tuple[Host, Ledger]:
    """Make a group of this size, enrolled through the real client; copied for each run."""
    host, ledger = Host(lambda: TODAY, lying=False), Ledger()
    handles = [f"member{number}" for number in range(members)]

    def note(member: MemberId, signed: Any) -> None:
        ledger.consents.add((member, signed.body))

    host.on_entry = note
    with in_a_hurry(), mock.patch.object(enrolment, "check_passphrase"):
        for number, handle in enumerate(handles):
            host.invites = {"invite"}
            digits = f".{host.keys.fingerprint.replace(' ', '')}" if host.entries else ""
            enrolment.enrol(f"http://host/#invite{digits}", handle, PASSPHRASE, connect(host), lambda: TODAY)
            if number:
                approve(host, handles[:number])
        if quorum != 2:
            for handle in handles:
                me = Member.sign_in(connect(host), handle, PASSPHRASE, lambda: TODAY)
                if me.keys.quorum != quorum:
                    group.decide(me, Change.QUORUM, value=quorum)
    ledger.honest = set(host.accounts)
    for signed in host.entries:
        ledger.born[signed.hash] = TODAY
        for member in signed.signatures:
            ledger.consents.add((member, signed.body))
    host.on_entry = lambda member, signed: None
    return host, ledger


def approve(host: Host, handles: list[str]) -> None:
    """Members sign for everyone who waits."""
    for handle in handles:
        me = Member.sign_in(connect(host), handle, PASSPHRASE, lambda: TODAY)
        for candidate, _ in proposals.newcomers(me):
            group.decide(me, Change.ENROL, member=candidate.member, key=candidate.key)


def forget_what_is_cached() -> None:
    """Forget what was made and verified under other rules."""
    forget_verified()
    founded.cache_clear()
