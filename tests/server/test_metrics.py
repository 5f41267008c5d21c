"""Metrics for Prometheus describe the operator's machine alone, on a Unix socket or a loopback port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest

from intake import settings
from intake.errors import SettingsError
from intake.server import metrics, metrics_server
from tests.support import requester
from tests.support.installation import Installation


def scraped(installation: Installation) -> dict[str, float]:
    """Return the metrics of an installation by name and labels, without a cache."""
    collector = metrics.ServiceCollector(installation.service)
    samples = [sample for metric in collector.collect() for sample in metric.samples]
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in samples}


def test_a_healthy_installation_shows_no_obstacle_and_its_keys(open_for_requests: Installation) -> None:
    values = scraped(open_for_requests)
    assert [name for name, value in values.items() if name.startswith("intake_obstacle") and value] == []
    assert (values["intake_deletion_overdue"], values["intake_deletion_late_days"]) == (0, 0)
    assert values["intake_deletion_keysday"] >= 90


async def test_a_request_changes_no_metric(open_for_requests: Installation) -> None:
    before = scraped(open_for_requests)
    async with open_for_requests.client() as client:
        sealed = await requester.seal(client, "milk", open_for_requests.clock.today)
        assert (await requester.submit(client, sealed.body)).status_code == 201
    assert scraped(open_for_requests) == before


def test_a_mirror_that_is_away_is_counted(open_for_requests: Installation, tmp_path: Path) -> None:
    service = open_for_requests.service
    service.settings = replace(service.settings, key_store_mirrors=(tmp_path / "away",))
    assert scraped(open_for_requests)["intake_key_store_mirrors_incomplete"] == 1


@asynccontextmanager
async def served(installation: Installation, address: Path | tuple[str, int]) -> AsyncIterator[None]:
    """Serve the metrics until the end of the block."""
    listening = metrics_server.bind(address)
    task = asyncio.create_task(metrics_server.serve(metrics.app(installation.service), listening))
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_unix_socket_serves_metrics_only_to_its_owner_and_group(
    open_for_requests: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()  # a killed server leaves its socket behind
    async with served(open_for_requests, path):
        assert path.stat().st_mode & 0o777 == metrics_server.MODE
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as client:
            answer = await client.get("http://metrics/metrics")
    assert answer.status_code == 200
    assert "intake_deletion_overdue 0.0" in answer.text


def test_a_file_where_the_socket_should_be_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "metrics.sock"
    path.write_text("mine")
    with pytest.raises(SettingsError, match="INTAKE_METRICS: cannot listen there"):
        metrics_server.bind(path)
    assert path.read_text() == "mine"


def test_a_port_in_use_is_named() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match="INTAKE_METRICS: cannot listen there: Address already in use"),
    ):
        metrics_server.bind(("127.0.0.1", taken.getsockname()[1]))


def test_the_socket_of_a_running_server_is_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.sock"
    with metrics_server.bind(path), pytest.raises(SettingsError, match="Address already in use"):
        metrics_server.bind(path)
    assert path.exists()


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "192.0.2.1:9464", "metrics.sock", "127.0.0.1", "[::1", "127.0.0.1:x"])
def test_metrics_are_served_only_to_this_machine(address: str) -> None:
    with pytest.raises(SettingsError, match="INTAKE_METRICS"):
        settings.read({"INTAKE_METRICS": address})


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("/run/intake/m.sock", Path("/run/intake/m.sock")),
    ],
)
def test_a_loopback_address_or_a_path_is_accepted(address: str, read: object) -> None:
    assert settings.read({"INTAKE_METRICS": address}).metrics == read
