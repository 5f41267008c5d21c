"""Load balancers and monitors read whether the server can take a request, and whether backups work."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import delete

from crypto.age import Identity
from intake.form.deletions import DeletionsApi
from intake.server.health import HealthApi
from intake.service import readiness
from intake.service.automatic_backups import AutomaticBackups, BackupState, state_of
from intake.service.quota import Quota
from intake.service.readiness import Obstacle
from intake.settings import QuotaSettings
from intake.store import schema
from tests.support import requester
from tests.support.api import refused
from tests.support.installation import Installation
from tests.support.patience import PATIENCE

DAY = dt.timedelta(days=1)


async def test_a_server_that_can_take_a_request_is_ready(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for path in ("live", "ready", "retention", "backup"):
            answer = await client.get(f"/healthz/{path}")
            assert (answer.status_code, answer.json()) == (200, {"status": "up"})


def test_a_key_store_whose_disk_is_not_mounted_is_an_obstacle(open_for_requests: Installation) -> None:
    service = open_for_requests.service
    shutil.move(service.settings.key_store, service.settings.key_store.with_name("away"))
    assert readiness.obstacle(service) is Obstacle.KEY_STORE
    service.settings.key_store.mkdir()  # the mount point without its disk
    assert readiness.obstacle(service) is Obstacle.KEY_STORE


def test_a_key_store_that_lacks_a_coming_day_is_an_obstacle(open_for_requests: Installation) -> None:
    service, today = open_for_requests.service, open_for_requests.clock.today
    (service.settings.key_store / f"day.{today + 9 * DAY}.1.key").unlink()
    assert readiness.obstacle(service) is Obstacle.KEY_STORE


def test_a_store_that_cannot_be_read_is_an_obstacle(open_for_requests: Installation) -> None:
    service = open_for_requests.service
    service.settings.database.write_bytes(b"no database " * 1000)
    assert readiness.obstacle(service) is Obstacle.DATABASE


def test_a_full_quota_is_an_obstacle(open_for_requests: Installation) -> None:
    service = open_for_requests.service
    service.quota = Quota(QuotaSettings(total_mib=1, day_mib=1))
    with service.database.transaction() as tx:
        tx.execute(schema.usage.insert().values(day=service.today.isoformat(), share="nojs", process="p", kib=1024))
    assert readiness.obstacle(service) is Obstacle.QUOTA


async def test_a_server_is_ready_half_a_second_after_its_obstacle_has_ended(open_for_requests: Installation) -> None:
    service, now = open_for_requests.service, [100.0]
    health = HealthApi(service, monotonic=lambda: now[0], deletions=cast(DeletionsApi, None))
    roomy, service.quota = service.quota, Quota(QuotaSettings(total_mib=1, day_mib=1))
    with service.database.transaction() as tx:
        tx.execute(schema.usage.insert().values(day=service.today.isoformat(), share="nojs", process="p", kib=1024))
    assert await health._obstacle() is Obstacle.QUOTA
    service.quota = roomy
    assert await health._obstacle() is Obstacle.QUOTA
    now[0] += 0.6
    assert await health._obstacle() is None


async def test_a_store_without_a_deletion_run_is_not_answered_as_a_request_that_does_not_exist(
    open_for_requests: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    service, today = open_for_requests.service, open_for_requests.clock.today
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "milk", today, days=1)
        with service.database.transaction() as tx:
            tx.execute(delete(schema.days).where(schema.days.c.day == (today + 2 * DAY).isoformat()))
        service.parts.roots.drop_all()
        assert readiness.obstacle(service) is Obstacle.DAYS
        refused(await requester.submit(client, sealed.body), 503, "unavailable")
        assert "intake retention run" in capsys.readouterr().err
        assert (await client.get("/healthz/ready")).json() == {"status": "days"}


def backups(installation: Installation, file: Path, recipients: tuple[str, ...]) -> AutomaticBackups:
    """Return the automatic backups of an installation to a file."""
    settings = replace(installation.service.settings, backup_file=file, backup_to=recipients)
    return AutomaticBackups(settings, installation.service.job.key_store, lambda: "2026-11-30")


def wait(started: AutomaticBackups) -> None:
    """Start a backup and wait until its thread has ended."""
    started.start()
    assert started._thread is not None
    started._thread.join(PATIENCE)


async def test_an_automatic_backup_that_fails_is_reported_until_one_works(
    open_for_requests: Installation, tmp_path: Path
) -> None:
    installation = open_for_requests
    made = backups(installation, tmp_path / "away" / "intake.age", (str(Identity.generate().recipient),))
    wait(made)
    assert made.failed
    assert "No such file" in state_of(installation.service.settings.data).failure
    installation.service.backups = made
    async with installation.client() as client:
        answer = await client.get("/healthz/backup")
        assert (answer.status_code, answer.json()) == (503, {"status": "failed"})
        await installation.sign_in(client, installation.members[0])
        group = (await client.get("/api/desk/group")).json()
        assert (group["backup_failed"], group["backup_works"]) == (True, False)
        (tmp_path / "away").mkdir()
        wait(made)
        assert (await client.get("/api/desk/group")).json()["backup_works"] is True
        assert (await client.get("/healthz/backup")).status_code == 200
    assert state_of(installation.service.settings.data) == BackupState("2026-11-30")
