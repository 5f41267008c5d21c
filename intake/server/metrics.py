"""Serves metrics for Prometheus on a Unix socket or a loopback port, apart from the public address.

Every metric is about the operator's machine. None counts requests or people, and none changes with a single request.
The history of a monitor therefore does not reveal when somebody asked for help.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, make_asgi_app
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from intake.service.readiness import Obstacle, obstacle
from intake.service.service import Service
from intake.store.errors import StoreError
from retention.errors import RetentionError
from retention.health import Health, assess, folder_problems
from retention.key_stores.file import FileKeyStore

CACHE_SECONDS = 15.0  # seconds that the figures are cached, the usual time between two scrapes
_STEP = 5  # percent. The used quota is rounded up to a multiple, so that no single request shows


def app(service: Service) -> ASGIApp:
    """Return the ASGI app that answers each GET with the metrics."""
    registry = CollectorRegistry()
    registry.register(ServiceCollector(service))
    return make_asgi_app(registry)


class ServiceCollector(Collector):
    """Collects the metrics of one service.

    Args:
        service: the service to measure.
        monotonic: returns seconds that never decrease.
    """

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: list[Metric] = []
        self._until = 0.0

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering this collector reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the metrics, from the cache if they are recent."""
        with self._lock:
            if not self._last or self._monotonic() >= self._until:
                self._last = list(self._measure())
                self._until = self._monotonic() + CACHE_SECONDS
            return iter(self._last)

    def _measure(self) -> Iterator[Metric]:
        service, today = self._service, self._service.clock_day
        obstructed = obstacle(service)
        yield InfoMetricFamily("intake_build", "The version of the server", {"version": version("sealed-intake")})
        states = GaugeMetricFamily("intake_obstacle", "1 for what keeps the server from taking requests", labels=["kind"])
        for kind in Obstacle:
            states.add_metric([kind.value], float(kind is obstructed))
        yield states
        health = assess(service.job.key_store, service.job.store, today)
        yield _gauge("intake_deletion_overdue", "1 if anything is 24 hours overdue for deletion", bool(health.overdue))
        yield from _deletion(health, today)
        yield _gauge(
            "intake_key_store_mirrors_incomplete", "Mirrors that are unavailable or lack keys", self._incomplete(today)
        )
        yield _gauge("intake_backup_failed", "1 if the last automatic backup failed", service.backups.failed)
        if made := service.backups.state.succeeded:
            yield _gauge("intake_backup_age_days", "Days since the last automatic backup", _days(made, today))
        try:
            share = service.database.run(lambda tx: service.quota.share(tx, today.isoformat()), read_only=True)
        except StoreError:
            return
        yield _gauge("intake_quota_used_percent", f"Used part of the quota, in steps of {_STEP}", -(-share // _STEP) * _STEP)

    def _incomplete(self, today: dt.date) -> int:
        try:
            return sum(
                bool(folder_problems(FileKeyStore(mirror), self._service.job.store, today))
                for mirror in self._service.settings.key_store_mirrors
            )
        except (StoreError, RetentionError):
            return len(self._service.settings.key_store_mirrors)


def _deletion(health: Health, today: dt.date) -> Iterator[Metric]:
    late = _days(health.oldest, today) if health.oldest else 0
    yield _gauge("intake_deletion_late_days", "Days since the oldest expired day that is not deleted", late)
    if health.last_run:
        yield _gauge("intake_deletion_run_age_days", "Days since the last deletion run", _days(health.last_run, today))
    keys = GaugeMetricFamily("intake_deletion_keys", "Deletion keys that exist", labels=["purpose"])
    for purpose, count in health.keys.items():
        keys.add_metric([purpose], count)
    yield keys


def _days(day: str, today: dt.date) -> int:
    return (today - dt.date.fromisoformat(day)).days


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value)
