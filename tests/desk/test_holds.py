"""Holds of closed cases: two coordinators agree, and each attack on that."""

import datetime as dt

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


async def with_reason(
    installation: Installation, client: httpx.AsyncClient, sealed: requester.Sealed, by: Member, until: str
) -> str:
    """A shared entry with the reason, as a member seals it; its digest."""
    case = CaseId(sealed.body["case"])
    entries = (await client.get(f"/api/desk/cases/{case}")).json()["shared"]
    file = entry.seal(
        entry.Position(case, entry.Sequence.SHARED, len(entries)),
        entry.Kind.HOLD,
        entry.HoldReason(text="the hearing is on the tenth", until=until),
        day=installation.clock.today.isoformat(),
        previous=entries[-1]["digest"],
        recipients=[sealed.case_key.recipient, Identity.generate().recipient],
        mac_key=entry.shared_mac_key(sealed.case_key, case),
        author=Author(by.id, by.signing, head_of(installation)),
    )
    body = {"sequence": "shared", "number": len(entries), "file": b64(file)}
    answer = await client.post(f"/api/desk/cases/{case}/entries", json=body)
    assert answer.status_code == 201, answer.text
    return entry.digest_of(file)


def head_of(installation: Installation) -> str:
    return installation.service.database.run(installation.service.keys).head


def signed(installation: Installation, case: str, until: str, digest: str, by: Member) -> dict[str, str]:
    body = hold.body_of(CaseId(case), until, digest, head_of(installation))
    return {"body": body.decode(), "signature": hold.sign(body, by.signing)}


async def test_two_coordinators_hold_a_closed_case_and_one_alone_does_not(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client, installation.client() as other:
        sealed = await a_case(installation, client)
        case, (first, second) = sealed.body["case"], holders(installation, sealed)[:2]
        address, until = f"/api/desk/cases/{case}/hold", (installation.clock.today + 20 * DAY).isoformat()
        await installation.sign_in(client, first)
        await installation.sign_in(other, second)
        digest = await with_reason(installation, client, sealed, first, until)
        proposed = signed(installation, case, until, digest, first)
        assert (await client.post(address, json=proposed)).json() == {"until": ""}
        # The same member twice is one; another's name, another text, another case, a late day, no reason are refused.
        assert (await client.post(address, json=proposed)).json() == {"until": ""}
        refused(await other.post(address, json=proposed), 400, "invalid")
        late = (dt.date.fromisoformat(sealed.body["expires"]) + DAY).isoformat()
        for wrong in (
            signed(installation, "A" * 22, until, digest, second),
            signed(installation, case, late, digest, second),
            signed(installation, case, installation.clock.today.isoformat(), digest, second),
            signed(installation, case, until, "A" * 43, second),
            {"body": "{}", "signature": "x"},
        ):
            refused(await other.post(address, json=wrong), 400, "invalid")
        token = {"token": sealed.token}
        assert (await client.post("/api/form/return", json=token)).json()["hold"] is None
        assert (await other.post(address, json=signed(installation, case, until, digest, second))).json() == {"until": until}
        assert (await client.post(f"/api/desk/cases/{case}/close")).json() == {"expires": until}
        served_hold = (await client.post("/api/form/return", json=token)).json()["hold"]
        assert set(served_hold["signatures"]) == {first.id, second.id}
        shown = (await client.get(f"/api/desk/cases/{case}")).json()
        assert (shown["hold"], shown["latest_expiry"]) == (served_hold, sealed.body["expires"])
        assert (await other.delete(address)).json() == {"ended": True}
        week = (installation.clock.today + 8 * DAY).isoformat()  # seven days after the day of closing
        assert (await client.get(f"/api/desk/cases/{case}")).json()["expires"] == week
        # A closed case may be held as well: it comes back.
        await client.post(address, json=proposed)
        await other.post(address, json=signed(installation, case, until, digest, second))
        assert (await client.get(f"/api/desk/cases/{case}")).json()["expires"] == until
        outsider = next(member for member in installation.members if member not in (first, second))
        async with installation.client() as stranger:
            await installation.sign_in(stranger, outsider)
            refused(await stranger.post(address, json=signed(installation, case, until, digest, outsider)), 404, "not-found")
            refused(await stranger.delete(address), 404, "not-found")
        # An open case is as it was when its hold ends.
        second_case = await a_case(installation, client)
        await client.delete(f"/api/desk/cases/{second_case.body['case']}/hold")


def test_a_hold_of_another_case_or_signed_by_nobody_or_by_another_key_is_refused() -> None:
    key = SigningKey.generate()
    body = hold.body_of(CaseId("A" * 22), "2026-12-01", "d", "A" * 43)
    good = {"m": hold.sign(body, key)}
    said, in_force = hold.verify(body, good, CaseId("A" * 22), lambda *_: key.verifying_key)
    assert (said.until, in_force) == ("2026-12-01", False)
    with pytest.raises(BindingError):
        hold.verify(body, good, CaseId("B" * 22), lambda *_: key.verifying_key)
    with pytest.raises(SignatureError):
        hold.verify(body, {}, CaseId("A" * 22), lambda *_: key.verifying_key)
    with pytest.raises(SignatureError):
        hold.verify(body, good, CaseId("A" * 22), lambda *_: SigningKey.generate().verifying_key)
