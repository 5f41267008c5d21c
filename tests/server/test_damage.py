"""A test changes bytes of the store under a running service.

The service notices, names the damage to the operator, serves everyone else, and never crashes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import Table, select, update

from crypto.encoding import new_id
from intake.service import operator_log
from intake.service.verified_cache import VerifiedCache
from intake.store import schema
from tests.support import requester
from tests.support.installation import Installation


@dataclass
class ServedCase:
    """A service with a case, its requester, and a coordinator who is signed in."""

    installation: Installation
    anyone: httpx.AsyncClient
    desk: httpx.AsyncClient
    case: requester.Sealed
    member: str

    async def answers(self) -> dict[str, httpx.Response]:
        """Return the current answer of each address that reads the store."""
        show = f"/api/desk/cases/{self.case.body['case']}"
        asked: dict[str, tuple[httpx.AsyncClient, str, str, dict[str, str] | None]] = {
            "keylist": (self.anyone, "GET", "/api/form/keylist", None),
            "offer": (self.anyone, "POST", "/api/form/offer", {"case": new_id()}),
            "return": (self.anyone, "POST", "/api/form/return", {"token": self.case.token}),
            "deletions": (self.anyone, "GET", "/api/form/deletions", None),
            "group": (self.desk, "GET", "/api/desk/group", None),
            "list": (self.desk, "GET", "/api/desk/cases", None),
            "show": (self.desk, "GET", show, None),
            "keyring": (self.desk, "GET", "/api/desk/keyring", None),
        }
        answers = {}
        for name, (client, method, path, body) in asked.items():
            answers[name] = await client.request(method, path, json=body)
        return answers

    def change(self, table: Table, column: str, row: Any, value: object) -> None:
        """Change a value as somebody with the disk can, and drop the service's caches."""
        service = self.installation.service
        with service.database.transaction() as tx:
            tx.execute(update(table).where(*(key == row[key.name] for key in table.primary_key)).values({column: value}))
        service.parts.roots.drop_all()
        service.verified = VerifiedCache()
        operator_log._written.clear()


@asynccontextmanager
async def served_case(installation: Installation) -> AsyncIterator[ServedCase]:
    async with installation.client() as anyone, installation.client() as desk:
        case = await requester.seal(anyone, "milk", installation.clock.today)
        assert (await requester.submit(anyone, case.body)).status_code == 201
        holder = next(member for member in installation.members if member.id == case.body["grants"][0]["member"])
        await installation.sign_in(desk, holder)
        yield ServedCase(installation, anyone, desk, case, holder.id)


# For a column: the answers that report the damage (503, or one case less in the list), and the words for the operator.
NOTICED = {
    ("entries", "file"): ({"return", "show", "list"}, "altered or moved: entries"),
    ("grants", "file"): ({"show", "list"}, "altered or moved: grants"),
    ("cases", "receipt_grant"): ({"return"}, "altered or moved: cases"),
    ("day_roots", "root"): ({"return", "show", "list"}, "altered or moved: day"),
    ("keyrings", "file"): ({"keyring"}, "altered or moved: keyring"),
    ("keylist", "body"): ({"offer", "group", "list", "show", "keyring"}, "KeyListError"),
    ("keylist", "signatures"): ({"offer", "group", "list", "show", "keyring"}, "KeyListError|the key list in the store"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "column"), NOTICED)
async def test_a_changed_byte_of_the_store_is_reported_with_its_column_and_never_a_crash(
    table: str, column: str, open_for_requests: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served_case(open_for_requests) as served:
        before = await served.answers()
        assert all(answer.status_code == 200 for answer in before.values())
        sql_table = schema.METADATA.tables[table]
        with served.installation.service.database.transaction() as tx:
            rows = [dict(row) for row in tx.execute(select(sql_table)).mappings()]
        wanted = {"day_roots": ("day", served.case.body["expires"]), "grants": ("member", served.member)}.get(table)
        row = next(candidate for candidate in rows if wanted is None or candidate[wanted[0]] == wanted[1])
        was = row[column]
        for at in sorted({0, 1, len(was) // 3, len(was) // 2, len(was) - 2, len(was) - 1}):
            changed = bytes([was[at] ^ 1]) if isinstance(was, bytes) else chr(ord(was[at]) ^ 1)
            capsys.readouterr()
            served.change(sql_table, column, row, was[:at] + changed + was[at + 1 :])
            after = await served.answers()
            noticed = {name for name, answer in after.items() if answer.status_code == 503}
            if after["list"].status_code == 200 and requester.unpacked(after["list"])["unreadable"] == 1:
                noticed.add("list")
            assert {answer.status_code for answer in after.values()} <= {200, 503}
            assert noticed >= NOTICED[table, column][0], at
            said = capsys.readouterr().err
            assert any(words in said for words in NOTICED[table, column][1].split("|")), said
            served.change(sql_table, column, row, was)
        assert all(answer.status_code == 200 for answer in (await served.answers()).values())
