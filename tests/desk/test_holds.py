"""Holds: two coordinators agree to keep a case that is closed. Each attack on that has a test."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest

from crypto import entry, hold
from crypto.age import Identity
from crypto.encoding import CaseId, b64
from crypto.errors import BindingError, SignatureError
from crypto.signing import Author, SigningKey
from tests.support import requester
from tests.support.api import refused
from tests.support.desk_bodies import a_case, holders
from tests.support.installation import Installation, Member

DAY = dt.timedelta(days=1)


def head_of(installation: Installation) -> str:
    return installation.service.database.run(installation.service.keys).head


def signed(installation: Installation, case: str, until: str, digest: str, by: Member) -> dict[str, str]:
    body = hold.body_of(CaseId(case), until, digest, head_of(installation))
    return {"body": body.decode(), "signature": hold.sign(body, by.signing)}


@dataclass
class Proposal:
    """A case that two coordinators have, and a hold of it that the first gave a reason for and signed."""

    installation: Installation
    sealed: requester.Sealed
    first: Member
    second: Member
    client: httpx.AsyncClient  # the first's
    other: httpx.AsyncClient  # the second's
    until: str
    digest: str = ""

    @property
    def case(self) -> str:
        return str(self.sealed.body["case"])

    @property
    def address(self) -> str:
        return f"/api/desk/cases/{self.case}"

    def signed(self, by: Member, *, case: str = "", until: str = "", digest: str = "") -> dict[str, str]:
        """A member's signature of this hold, or of another case, day or reason."""
        return signed(self.installation, case or self.case, until or self.until, digest or self.digest, by)

    async def give_reason(self) -> None:
        """Store the first's reason as a shared entry."""
        entries = requester.unpacked(await self.client.get(self.address))["shared"]
        file = entry.seal(
            entry.Position(CaseId(self.case), entry.Sequence.SHARED, len(entries)),
            entry.Kind.HOLD,
            entry.HoldReason(text="the hearing is on the tenth", until=self.until),
            day=self.installation.clock.today.isoformat(),
            previous=entries[-1]["digest"],
            recipients=[self.sealed.case_key.recipient, Identity.generate().recipient],
            mac_key=entry.shared_mac_key(self.sealed.case_key, CaseId(self.case)),
            author=Author(self.first.id, self.first.signing, head_of(self.installation)),
        )
        body = {"sequence": "shared", "number": len(entries), "file": b64(file)}
        answer = await self.client.post(f"{self.address}/entries", json=body)
        assert answer.status_code == 201, answer.text
        self.digest = entry.digest_of(file)

    async def propose(self) -> str:
        """Sign as the first; the day until which the case is held, or nothing while one signature is missing."""
        answer = await self.client.post(f"{self.address}/hold", json=self.signed(self.first))
        return str(answer.json()["until"])

    async def agree(self) -> str:
        """Sign as the second; the day until which the case is held."""
        answer = await self.other.post(f"{self.address}/hold", json=self.signed(self.second))
        return str(answer.json()["until"])

    async def expiry(self) -> str:
        return str(requester.unpacked(await self.client.get(self.address))["expires"])

    async def hold_seen_by_requester(self) -> dict[str, Any] | None:
        answer = await self.client.post("/api/form/return", json={"token": self.sealed.token})
        seen: dict[str, Any] | None = requester.unpacked(answer)["hold"]
        return seen


@pytest.fixture
async def proposal(open_for_requests: Installation) -> AsyncIterator[Proposal]:
    installation = open_for_requests
    async with installation.client() as client, installation.client() as other:
        sealed = await a_case(installation, client)
        first, second = holders(installation, sealed)[:2]
        await installation.sign_in(client, first)
        await installation.sign_in(other, second)
        until = (installation.clock.today + 20 * DAY).isoformat()
        made = Proposal(installation, sealed, first, second, client, other, until)
        await made.give_reason()
        assert await made.propose() == ""
        yield made


async def test_one_coordinator_who_signs_twice_holds_nothing(proposal: Proposal) -> None:
    assert await proposal.propose() == ""
    assert await proposal.hold_seen_by_requester() is None


async def test_two_coordinators_hold_a_case_past_its_closing_and_its_requester_sees_it(proposal: Proposal) -> None:
    assert await proposal.agree() == proposal.until
    assert (await proposal.client.post(f"{proposal.address}/close")).json() == {"expires": proposal.until}
    seen = await proposal.hold_seen_by_requester()
    assert seen
    assert set(seen["signatures"]) == {proposal.first.id, proposal.second.id}
    shown = requester.unpacked(await proposal.client.get(proposal.address))
    assert (shown["hold"], shown["latest_expiry"]) == (seen, proposal.sealed.body["expires"])


async def test_a_signature_in_anothers_name_or_of_another_case_day_or_reason_is_refused(proposal: Proposal) -> None:
    second = proposal.second
    late = (dt.date.fromisoformat(proposal.sealed.body["expires"]) + DAY).isoformat()
    for wrong in (
        proposal.signed(proposal.first),
        proposal.signed(second, case="A" * 22),
        proposal.signed(second, until=late),
        proposal.signed(second, until=proposal.installation.clock.today.isoformat()),
        proposal.signed(second, digest="A" * 43),
        {"body": "{}", "signature": "x"},
    ):
        refused(await proposal.other.post(f"{proposal.address}/hold", json=wrong), 400, "invalid")
    assert await proposal.hold_seen_by_requester() is None


async def test_a_closed_case_whose_hold_ends_expires_a_week_after_its_closing(proposal: Proposal) -> None:
    await proposal.agree()
    await proposal.client.post(f"{proposal.address}/close")
    assert (await proposal.other.delete(f"{proposal.address}/hold")).json() == {"ended": True}
    week = (proposal.installation.clock.today + 8 * DAY).isoformat()  # seven days after the day of closing
    assert await proposal.expiry() == week


async def test_a_case_that_is_held_after_its_closing_is_kept_until_the_holds_day(proposal: Proposal) -> None:
    await proposal.client.post(f"{proposal.address}/close")
    assert await proposal.expiry() < proposal.until
    await proposal.agree()
    assert await proposal.expiry() == proposal.until


async def test_a_closed_case_whose_hold_ended_needs_both_signatures_again(proposal: Proposal) -> None:
    await proposal.agree()
    await proposal.client.post(f"{proposal.address}/close")
    await proposal.other.delete(f"{proposal.address}/hold")
    assert await proposal.propose() == ""
    assert await proposal.agree() == proposal.until
    assert await proposal.expiry() == proposal.until


async def test_an_open_case_whose_hold_ends_keeps_its_expiry_day(proposal: Proposal) -> None:
    before = await proposal.expiry()
    await proposal.agree()
    assert (await proposal.other.delete(f"{proposal.address}/hold")).json() == {"ended": True}
    assert await proposal.expiry() == before


async def test_a_coordinator_who_does_not_have_the_case_neither_signs_nor_ends_its_hold(proposal: Proposal) -> None:
    await proposal.agree()
    holding = (proposal.first, proposal.second)
    outsider = next(member for member in proposal.installation.members if member not in holding)
    async with proposal.installation.client() as stranger:
        await proposal.installation.sign_in(stranger, outsider)
        refused(await stranger.post(f"{proposal.address}/hold", json=proposal.signed(outsider)), 404, "not-found")
        refused(await stranger.delete(f"{proposal.address}/hold"), 404, "not-found")
    assert await proposal.hold_seen_by_requester()


KEY = SigningKey.generate()
BODY = hold.body_of(CaseId("A" * 22), "2026-12-01", "d", "A" * 43)
SIGNATURES = {"m": hold.sign(BODY, KEY)}


def test_a_hold_of_one_signature_says_its_day_and_is_not_in_force() -> None:
    said, in_force = hold.verify(BODY, SIGNATURES, CaseId("A" * 22), lambda *_: KEY.verifying_key)
    assert (said.until, in_force) == ("2026-12-01", False)


def test_a_hold_of_another_case_is_refused() -> None:
    with pytest.raises(BindingError):
        hold.verify(BODY, SIGNATURES, CaseId("B" * 22), lambda *_: KEY.verifying_key)


def test_a_hold_without_a_signature_is_refused() -> None:
    with pytest.raises(SignatureError):
        hold.verify(BODY, {}, CaseId("A" * 22), lambda *_: KEY.verifying_key)


def test_a_hold_signed_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureError):
        hold.verify(BODY, SIGNATURES, CaseId("A" * 22), lambda *_: SigningKey.generate().verifying_key)
