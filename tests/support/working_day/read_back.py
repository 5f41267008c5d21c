"""What a working day has left in the store, read from Python with a coordinator's keys."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import httpx2 as httpx

from crypto.entry import Kind, Text
from intake.cli.desk import Desk
from intake.cli.member import Member
from intake.cli.opened import OpenedCase
from tests.support.browser import PASSPHRASE, Site
from tests.support.working_day.day import Outcome

Result = TypeVar("Result")


def members(site: Site, handle: str) -> dict[str, str]:
    """Return each member's id by sign-in name."""
    return _as_member(site, handle, lambda desk: {name: member for member, name in desk.me.names.items()})


def outcomes(site: Site, handle: str) -> dict[str, Outcome]:
    """Return what has become of each case that a member holds, by its requester's name."""

    def opened(desk: Desk) -> dict[str, Outcome]:
        cases = [desk.read(row["case"]) for row in desk.rows()]
        return {case.request.name: _outcome(case, desk.me.names) for case in cases}

    return _as_member(site, handle, opened)


def _outcome(case: OpenedCase, names: dict[str, str]) -> Outcome:
    messages = [entry for entry in case.shared if entry.kind is Kind.MESSAGE and entry.author]
    answers = [entry.content.text for entry in messages if isinstance(entry.content, Text)]
    status = "call-back" if case.follow_up else case.status
    return Outcome(status, case.open, frozenset(names[holder] for holder in case.holders), tuple(answers))


def _as_member(site: Site, handle: str, read: Callable[[Desk], Result]) -> Result:
    """Sign in from a thread of its own, because the browser's event loop occupies this one."""

    def signed() -> Result:
        with httpx.Client(base_url=site.address, timeout=60) as client:
            member = Member.sign_in(client, handle, PASSPHRASE)
            try:
                return read(Desk(member))
            finally:
                member.sign_out()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(signed).result()
