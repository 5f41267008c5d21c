"""A dishonest host's clock makes nothing effective at a terminal.

The client uses this machine's clock. Where both clocks differ, the client signs nothing.
"""

import datetime as dt
import json
from typing import Any

import httpx2 as httpx
import pytest

from crypto import keylist, keyring, unlocker
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, as_dict, b64, new_id
from crypto.errors import KeyListError
from crypto.keylist import Change, SignedEntry
from crypto.labels import Label
from crypto.signing import SigningKey
from intake.cli import enrolment, group, rotation
from intake.cli.clocks import Clocks, ClocksError
from intake.cli.member import Member
from intake.cli.verified_group import fetch_keys

OWN, DAY = dt.date(2028, 2, 29), dt.timedelta(days=1)
PASSPHRASE = "seven lanterns over quiet water"
GROUP, MEMBER, KEY = GroupId(new_id()), MemberId(new_id()), SigningKey.generate()
FIRST = keylist.found_group(GROUP, MEMBER, KEY, OWN.isoformat())


class Host:
    """A host that answers with a day of its choice and records what it is asked."""

    def __init__(self, ahead: int, entries: list[SignedEntry]) -> None:
        self.asked: list[str] = []
        self.told = {
            "today": (OWN + ahead * DAY).isoformat(),
            "entries": [as_dict(entry) for entry in entries],
            "maximum_days": 90,
        }
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer), base_url="http://localhost")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        more: dict[str, Any] = {"snapshot": None, "retention": KEY.verifying_key.text, "founded": False, "statements": []}
        return httpx.Response(200, text=json.dumps({**more, **self.told}))

    def member(self) -> Member:
        keys, _, clocks = fetch_keys(self.client, lambda: OWN)
        epoch = keyring.new_epoch(Identity.generate(), OWN.isoformat(), OWN.isoformat())
        ring = keyring.Keyring(
            format=Label.KEYRING.value, group=GROUP, member=MEMBER, number=1, handle="sam", signing=b64(KEY.seed.reveal()),
            epochs=[epoch], head=keyring.Head(number=0, hash=keys.head), unlockers=[], shares=[], views=[],
        )  # fmt: skip
        self.asked.clear()
        return Member(self.client, keys, ring, unlocker.from_paper_code(unlocker.new_paper_code(), GROUP, "sam"), clocks)


@pytest.mark.parametrize(("ahead", "read"), [(0, 0), (1, 1), (-1, 0), (3, 0), (40, 0), (-40, 0)])
def test_the_day_for_refusals_is_this_machines_and_the_host_shifts_it_by_one_day_at_most(ahead: int, read: int) -> None:
    assert Clocks(OWN, OWN + ahead * DAY).today == OWN + read * DAY


def test_a_host_whose_clock_is_three_days_ahead_makes_nothing_effective() -> None:
    keys = keylist.verify([FIRST], OWN)
    body = keylist.next_body(keys, Change.EPOCH, (OWN + 3 * DAY).isoformat(), value=14)
    later = keylist.sign(body, {MEMBER: KEY})
    with pytest.raises(KeyListError, match="future"):
        fetch_keys(Host(3, [FIRST, later]).client, lambda: OWN)
    assert Host(3, [FIRST]).member().today == OWN


@pytest.mark.parametrize("ahead", [40, 2, -2, -40])
def test_where_the_clocks_differ_nothing_is_signed_or_renewed_and_the_host_is_not_asked(ahead: int) -> None:
    host = Host(ahead, [FIRST])
    me = host.member()
    with pytest.raises(ClocksError, match="Nothing was signed or renewed"):
        rotation.rotate(me, lambda done, of: None)
    with pytest.raises(ClocksError, match=me.clocks.server.isoformat()):
        group.decide(me, Change.EPOCH, value=14)
    assert host.asked == []


def test_nobody_enrols_where_the_clocks_differ() -> None:
    host = Host(40, [])
    with pytest.raises(ClocksError):
        enrolment.enrol("http://localhost/en/desk/enrol/#token", "sam", PASSPHRASE, host.client, lambda: OWN)
    assert host.asked == ["/api/desk/enrolment/"]
