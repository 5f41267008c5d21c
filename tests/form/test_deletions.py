"""The public figures of deletions never reveal a small number."""

import datetime as dt

from crypto.certificate import Certificate
from intake.form import deletions
from tests.support import requester
from tests.support.installation import Installation


async def test_the_public_figures_of_deletions_never_reveal_a_few(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        figures = (await client.get("/api/form/deletions")).json()
        assert figures["overdue"] is False
        assert [run["clean"] for run in figures["runs"]] == [True]
        assert set(figures["runs"][0]) == {"number", "day", "days", "clean", "hash"}
        for language in ("ar", "hi", "en"):
            page = await client.get(f"/nojs/{language}/deletions/")
            assert page.status_code == 200
            assert figures["runs"][0]["hash"] in page.text


def test_weeks_below_ten_and_weeks_that_are_not_over_are_withheld() -> None:
    def certified(day: str, cases: int) -> Certificate:
        return Certificate("f", "s", 0, "", day, [], cases, 0, [], "clean")

    certificates = [
        certified("2026-11-02", 4),
        certified("2026-11-08", 5),
        certified("2026-11-09", 6),
        certified("2026-11-15", 4),
        certified("2026-11-16", 50),
    ]
    weeks = deletions.weeks(certificates, dt.date(2026, 11, 20))
    assert [(week.monday, week.cases) for week in weeks] == [("2026-11-09", 10), ("2026-11-02", None)]
    assert deletions.weeks([], dt.date(2026, 11, 20)) == []


async def test_a_clock_set_back_shows_nothing_again(open_for_requests: Installation) -> None:
    installation = open_for_requests

    async with installation.client() as client:
        sealed = await requester.seal(client, "milk", installation.clock.today, days=1)
        assert (await requester.submit(client, sealed.body)).status_code == 201
        installation.clock.forward(days=1)
        # Another process did that day's run and could not delete the rows.
        with installation.service.database.transaction() as tx:
            tx.exec_driver_sql("UPDATE store SET last_run = '2026-11-22'")
        installation.service.guard.refresh()
        assert installation.service.today == dt.date(2026, 11, 22)
        assert (await client.post("/api/form/return", json={"token": sealed.token})).status_code == 410
