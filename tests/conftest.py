"""Provide a real store and key store on a real disk, and a group, on each engine, with and without a service."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from coverage import Coverage

from crypto.encoding import MemberId, new_id
from intake.store.clock import note_day

pytest.register_assert_rewrite("tests.support")

from intake.desk.access import verifiers  # noqa: E402
from intake.form import published  # noqa: E402
from tests.support import cheap_hashes, postgres, shared_tls  # noqa: E402
from tests.support.installation import FakeClock, Installation, open_service  # noqa: E402
from tests.support.postgres import Cluster  # noqa: E402
from tests.support.processes import free_port  # noqa: E402
from tests.support.world import TODAY, World  # noqa: E402

# Servers start a second faster with Python's own allocator. tests/test_memory.py checks the default one.
os.environ.setdefault("PYTHONMALLOC", "pymalloc")

# Tests change the store behind the service's back and look at once. tests/form/test_published.py has the real value.
published.SECONDS = 0.0

# Hypothesis fails an example after 200 ms, which a busy machine needs now and then.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

cheap_hashes.use()
shared_tls.use()

# Lines are counted in the workers of pytest, not in the processes that tests start: there the count costs a third of the time,
# and other tests reach the same lines. pytest's first process keeps the variables, because they make the workers count.
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in [name for name in os.environ if name.startswith("COVERAGE_")]:
        del os.environ[variable]


def pytest_collection_finish() -> None:
    """Exclude what was imported and collected from garbage collection, which took a seventh of the tests' time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop counting lines during a test that is marked `uncounted`."""
    counting = Coverage.current() if item.get_closest_marker("uncounted") else None
    if counting is None:
        return (yield)
    counting.stop()
    try:
        return (yield)
    finally:
        counting.start()


def pytest_sessionfinish() -> None:
    """Store a worker's counted lines now: xdist kills a worker that takes more than ten seconds to exit."""
    counting = Coverage.current() if "PYTEST_XDIST_WORKER" in os.environ else None
    if counting is not None:
        counting.stop()
        counting.save()


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the product's own parameters of Argon2id, for tests that ask what a hash costs."""
    for name, value in zip(("_HASHER", "DECOY"), cheap_hashes.REAL, strict=True):
        monkeypatch.setattr(verifiers, name, value)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start a real PostgreSQL for the session."""
    with postgres.cluster() as running:
        yield running


def made_ready(folder: Path, url: str = "") -> World:
    made = World.open(folder, url=url)
    for _ in range(2):
        made.enrol(MemberId(new_id()))
    made.job.run(TODAY)
    made.close()
    return made


@pytest.fixture(scope="session")
def ready_sqlite(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make the SQLite template that each `world` is copied from."""
    return made_ready(tmp_path_factory.mktemp("ready") / "var")


@pytest.fixture(scope="session")
def ready_postgresql(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> World:
    """Make the PostgreSQL template that each `world` is copied from."""
    return made_ready(tmp_path_factory.mktemp("ready") / "var", cluster.keep(cluster.new()))


@pytest.fixture(params=["sqlite", "postgresql"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Open an installation of two coordinators with deletion keys for the coming days and no request, on each engine."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    ready: World = request.getfixturevalue(f"ready_{request.param}")
    shutil.copytree(ready.folder, tmp_path / "var")
    url = cluster.new(like=ready.url) if cluster else ""
    made = World.open(tmp_path / "var", dict(ready.members), url=url, migrated=True)
    made.cluster = cluster
    yield made
    made.close()
    if cluster:
        cluster.drop()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEY_STORE": str(tmp_path / "key-store")}
    values["INTAKE_PORT"] = str(free_port())
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **values}


@pytest.fixture
def engine() -> str:
    """Name the engine for a test that is not marked `on_both_engines`."""
    return "sqlite"


def service_made_ready(folder: Path, url: str = "") -> tuple[Path, str]:
    """Make a migrated service with its deletion keys, close it, and return its folder and database address."""
    clock = FakeClock()
    service = open_service(folder, clock, url)
    service.job.run(clock.today)
    service.close()
    return folder, url


@pytest.fixture(scope="session")
def ready_service_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make the SQLite template of each service once, because this takes longer than most tests."""
    return service_made_ready(tmp_path_factory.mktemp("ready-service"))


@pytest.fixture(scope="session")
def ready_service_postgresql(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> tuple[Path, str]:
    """Make the PostgreSQL template of each service."""
    return service_made_ready(tmp_path_factory.mktemp("ready-service"), cluster.keep(cluster.new()))


@pytest.fixture
def empty(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Open a service in which nobody has enrolled yet."""
    clock = FakeClock()
    folder, url = request.getfixturevalue(f"ready_service_{engine}")
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    service = open_service(tmp_path, clock, request.getfixturevalue("cluster").new(like=url) if url else "", upgrade=False)

    def on_day() -> None:
        service.database.run(lambda tx: note_day(tx, clock.today))
        service.guard.refresh()

    clock.on_day = on_day
    on_day()
    yield Installation(service, clock, [])
    service.close()


@pytest.fixture
def open_for_requests(empty: Installation) -> Installation:
    """Open a service with a group of three."""
    empty.found(3)
    return empty


@pytest.fixture
def of_three(empty: Installation) -> Installation:
    empty.found(3, quorum=2)
    return empty


@pytest.fixture
def of_four(empty: Installation) -> Installation:
    empty.found(4, quorum=2)
    return empty


@pytest.fixture
def of_two(empty: Installation) -> Installation:
    empty.found(2, quorum=2)
    return empty
